// `deno task runs`
import Table from "cli-table3";
import { parseOptions } from "../src/cli/options.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { runsOptionsSchema } from "../src/schemas/runs_options.ts";
import { formatPercent } from "../src/cli/format.ts";
import { cacheFolder } from "./run_folder.ts";
import { latencyWords } from "./latency_words.ts";
import { clearCache, deleteRun, folderBytes, listRuns, type RunSummary } from "./runs.ts";

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function renderRuns(runs: readonly RunSummary[]): string {
  const table = new Table({
    head: ["run", "state", "started", "trials", "best", "size"],
    style: { head: [], border: [] },
  });
  for (const run of runs) {
    const { bestAccuracy, bestLatenciesMs, bestLatencyMs, bytes, plannedTrials, startedAt, state, trials } = run;
    const best = bestAccuracy === null || bestLatencyMs === null
      ? "–"
      : `${formatPercent(bestAccuracy)}, ${latencyWords(bestLatencyMs, bestLatenciesMs ?? {})}`;
    const started = startedAt.slice(0, 16).replace("T", " ");
    table.push([run.run, state, started, `${trials}/${plannedTrials}`, best, megabytes(bytes)]);
  }
  return table.toString();
}

async function main(): Promise<void> {
  const options = parseOptions(runsOptionsSchema, Deno.args, {
    command: { name: "runs", summary: "Lists the runs of a data folder, deletes them, and empties the cache." },
  });
  if (options === null) return;
  const { dataDir, json } = options;
  for (const name of options.delete) {
    await deleteRun(dataDir, name);
    console.error(`deleted run "${name}"`);
  }
  if (options.clearCache) console.error(`freed ${megabytes(await clearCache(dataDir))} of cache`);
  const runs = listRuns(dataDir);
  const cacheBytes = folderBytes(cacheFolder(dataDir));
  if (json) return console.log(JSON.stringify({ runs, cacheBytes }));
  console.log(runs.length ? renderRuns(runs) : `no runs in ${dataDir}`);
  console.log(`cache: ${megabytes(cacheBytes)}`);
}

if (import.meta.main) {
  try {
    await main();
    Deno.exit(0);
  } catch (error) {
    console.error((error as Error).message);
    Deno.exit(error instanceof UsageError ? 2 : 1);
  }
}
