// `deno task search`
import os from "node:os";
import { parseOptions } from "../src/cli/options.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { resolveRunConfig, type RunConfig } from "../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../src/schemas/search_options.ts";
import { renderTable } from "./report/table.ts";
import { reportDataOf } from "./report/write_report.ts";
import { OtherConfigurationError, runSearch } from "./run.ts";
import { runFolder } from "./run_folder.ts";
import { RunStore } from "./store/run_store.ts";
import { openTerminalProgress } from "./terminal/terminal_progress.ts";

const exitCodes = { done: 0, failed: 1, usage: 2, interrupted: 130 };

// One Ctrl-C reaches the program twice where a task runner passes it on; a later one means that it is meant.
const sameInterruptMs = 2000;

/** Aborts on SIGINT and SIGTERM; a second SIGINT after a while ends the process at once. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  let firstAt: number | undefined;
  const interrupt = () => {
    if (firstAt !== undefined && performance.now() - firstAt > sameInterruptMs) Deno.exit(exitCodes.interrupted);
    firstAt ??= performance.now();
    controller.abort(new Error("interrupted"));
  };
  Deno.addSignalListener("SIGINT", interrupt);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", interrupt);
  return controller.signal;
}

function printTable(config: RunConfig): void {
  using store = new RunStore(runFolder(config.dataDir, config.run).database, { readOnly: true });
  const isTerminal = Deno.stdout.isTerminal();
  const columns = isTerminal ? Deno.consoleSize().columns : 100;
  const colour = isTerminal && !Deno.noColor;
  console.log(renderTable(reportDataOf(store, config.run, "complete"), { columns, colour }));
}

async function main(): Promise<number> {
  const options = parseOptions(searchOptionsSchema, Deno.args, {
    command: {
      name: "search",
      summary: "Searches students that are accurate and fast on your devices: samples architectures, trains each " +
        "briefly with distillation, times it, and learns which choices pay. The same command goes on with a run " +
        "that was interrupted.",
      examples: [
        { call: "deno task search", purpose: "24 students of Fashion-MNIST or MNIST, timed on this machine" },
        { call: "deno task search --preset smoke", purpose: "4 students in a minute: does it all work?" },
        { call: "deno task search --device phone=5", purpose: "timed in a browser that opens the printed URL" },
        { call: "deno task search --dataset photos/", purpose: "own images, one sub-folder per class" },
      ],
    },
  });
  if (options === null) return exitCodes.done;
  const config = resolveRunConfig(options, { cores: navigator.hardwareConcurrency ?? os.cpus().length });
  const progress = openTerminalProgress();
  const started = performance.now();
  const done = (outcome: "complete" | "interrupted" | "failed", message: string) => {
    const seconds = (performance.now() - started) / 1000;
    progress.handle({ type: "done", outcome, seconds, message });
    progress.close();
  };
  const signal = interruptSignal();
  try {
    const result = await runSearch(config, { signal, onEvent: progress.handle });
    done("complete", `Run "${result.run}" is complete. Report: ${result.report}`);
    if (config.json) console.log(JSON.stringify(result));
    else printTable(config);
    return exitCodes.done;
  } catch (error) {
    if (error instanceof OtherConfigurationError) {
      progress.close();
      throw new UsageError(error.message);
    }
    if (signal.aborted) {
      done("interrupted", `Stopped, everything finished is saved. The same command goes on with run "${config.run}".`);
      return exitCodes.interrupted;
    }
    done("failed", (error as Error).message);
    if (Deno.env.get("NACRE_DEBUG")) console.error(error);
    return exitCodes.failed;
  }
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    Deno.exit(exitCodes.usage);
  }
}
