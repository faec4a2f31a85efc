// `deno task runs`
import { parseOptions } from "../src/cli/options.ts";
import { listColumns } from "../src/cli/output_columns.ts";
import { plainTable, type TableColumn } from "../src/cli/plain_table.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { runsOptionsSchema } from "../src/schemas/runs_options.ts";
import { formatPercent } from "../src/cli/format.ts";
import { cacheFolder } from "./run_folder.ts";
import { latencyWords } from "./latency_words.ts";
import { clearCache, deleteRun, folderBytes, listRuns, type RunSummary } from "./runs.ts";

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function bestOf({ bestAccuracy, bestLatenciesMs, bestLatencyMs }: RunSummary): string {
  if (bestAccuracy === null || bestLatencyMs === null) return "–";
  return `${formatPercent(bestAccuracy)}, ${latencyWords(bestLatencyMs, bestLatenciesMs ?? {})}`;
}

/** Runs as the lines of a table at most `width` wide. */
export function runLines(runs: readonly RunSummary[], width: number): string[] {
  const columns: TableColumn<RunSummary>[] = [
    { head: "run", cell: ({ run }) => run, dropOrder: 0 },
    { head: "state", cell: ({ state }) => state, dropOrder: 0 },
    { head: "started", cell: ({ startedAt }) => startedAt.slice(0, 16).replace("T", " "), dropOrder: 3 },
    {
      head: "trials",
      cell: ({ plannedTrials, trials }) => `${trials}/${plannedTrials}`,
      align: "right",
      dropOrder: 1,
    },
    { head: "best", cell: bestOf, dropOrder: 2 },
    { head: "size", cell: ({ bytes }) => megabytes(bytes), align: "right", dropOrder: 4 },
  ];
  return plainTable(columns, runs, width);
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
  console.log(runs.length ? runLines(runs, listColumns()).join("\n") : `no runs in ${dataDir}`);
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
