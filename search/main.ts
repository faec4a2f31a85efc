// `deno task search`
import os from "node:os";
import { approveInTerminal, DeviceGoneError, questionsBy, type SettlePairing } from "../devices/mod.ts";
import { exitCodes, interruptSignal } from "../src/cli/interrupt_signal.ts";
import { runCommand } from "../src/cli/run_command.ts";
import { isGiven, parseOptions } from "../src/cli/options.ts";
import { listColumns, outputColumns } from "../src/cli/output_columns.ts";
import { UsageError } from "../src/cli/usage_error.ts";
import { isAccuracyAlone, resolveRunConfig, type RunConfig } from "../src/schemas/run_config.ts";
import { type SearchOptions, searchOptionsSchema } from "../src/schemas/search_options.ts";
import { replayNote, withoutSuperseded } from "../src/schemas/superseded_options.ts";
import { renderTable } from "./report/table.ts";
import { reportDataOf } from "./report/write_report.ts";
import { NothingCompletedError } from "./execute_run.ts";
import { withFullOptions } from "./full_options.ts";
import { choiceLines, choiceOptionLines, listedChoices } from "./list_choices.ts";
import { type SearchResult, searchResult } from "./result.ts";
import { OtherConfigurationError, runSearch } from "./run.ts";
import { OutsideFaultError } from "./outside_fault.ts";
import { runFolder } from "./run_folder.ts";
import { RunStore } from "./store/run_store.ts";
import type { Progress } from "./terminal/live_view.ts";
import { openTerminalProgress } from "./terminal/terminal_progress.ts";

function showList({ controller, json, space }: SearchOptions): void {
  const named = {
    ...(isGiven(Deno.args, "controller") && { controller }),
    ...(isGiven(Deno.args, "space") && { space }),
  };
  const choices = listedChoices(named);
  if (json) return console.log(JSON.stringify(choices));
  const lines = Object.keys(named).length > 0 ? choiceOptionLines : choiceLines;
  console.log(lines(choices, listColumns()).join("\n"));
}

function tableOf(config: RunConfig): string {
  using store = new RunStore(runFolder(config.dataDir, config.run).database, { readOnly: true });
  const isTerminal = Deno.stdout.isTerminal();
  const colour = isTerminal && !Deno.noColor && Deno.env.get("TERM") !== "dumb";
  return renderTable(reportDataOf(store, config.run, "complete"), { columns: outputColumns(), colour });
}

function storedResult(config: RunConfig): SearchResult {
  const paths = runFolder(config.dataDir, config.run);
  using store = new RunStore(paths.database, { readOnly: true });
  return searchResult(store, paths);
}

/** Prints what `run` came to; the exit code, `code` unless standard output takes nothing, on a full disk for instance. */
function printed(text: string, { code, run }: { code: number; run: string }): number {
  try {
    console.log(text);
    return code;
  } catch (error) {
    console.error(`Standard output could not be written: ${(error as Error).message}. Run "${run}" is saved.`);
    return exitCodes.failed;
  }
}

/** Asks the person at the terminal, amid the progress, which browsers may come in. */
function pairingBy(progress: Progress): SettlePairing {
  const terminal = questionsBy((message) => progress.handle({ type: "waiting", message }));
  return (pairing, { lan, name, signal }) => approveInTerminal(pairing, { terminal, name, lan, colour: false, signal });
}

/** What a run that `error` stopped needs to go on; undefined where nobody can tell. */
function howToGoOn({ deviceGone, run }: RunConfig, error: unknown): string | undefined {
  const saved = `Everything finished is saved: the same command goes on with run "${run}"`;
  if (error instanceof OutsideFaultError) return `${saved}.`;
  if (!(error instanceof DeviceGoneError)) return undefined;
  const others = deviceGone === "stop" ? "; --device-gone continue then goes on without a device that is away" : "";
  return `${saved} once the device is back${others}.`;
}

async function main(): Promise<number> {
  const options = parseOptions(searchOptionsSchema, Deno.args, {
    besideFlags(flags, file) {
      const note = replayNote(flags, file);
      if (note !== undefined) console.error(note);
      return withoutSuperseded(flags, file);
    },
    resultHoldsConfig: true,
    command: {
      name: "search",
      summary: "Searches students that are accurate and fast on your devices: samples architectures, trains each " +
        "briefly with distillation, times it, and learns which choices pay. The same command goes on with a run " +
        "that was interrupted.",
      examples: [
        { call: "deno task search", purpose: "24 students of Fashion-MNIST or MNIST, timed on this machine" },
        { call: "deno task search --preset smoke", purpose: "4 students in a minute: does it all work?" },
        {
          call: "deno task search --list",
          purpose: "controllers and spaces; with --controller NAME the options of one",
        },
        { call: "deno task search --lan --device phone=5", purpose: "timed on a phone that opens the printed link" },
        {
          call: "deno task search --device here=1 --device chromium=2 --combine worst",
          purpose: "timed on two devices, each with a target of its own; the one further beyond it counts",
        },
        {
          call: "deno task search --config .nacre/runs/RUN/run.json --seed 2",
          purpose: "an earlier search again, with another seed",
        },
        { call: "deno task search --dataset photos/", purpose: "own images, one sub-folder per class" },
      ],
    },
  });
  if (options === null) return exitCodes.done;
  if (options.list) {
    showList(options);
    return exitCodes.done;
  }
  const config = resolveRunConfig(withFullOptions(options), {
    cores: navigator.hardwareConcurrency ?? os.cpus().length,
  });
  const progress = openTerminalProgress({ isAccuracyAlone: isAccuracyAlone(config) });
  const started = performance.now();
  const done = (outcome: "complete" | "interrupted" | "failed", message: string) => {
    const seconds = (performance.now() - started) / 1000;
    progress.handle({ type: "done", outcome, seconds, message });
    progress.close();
  };
  const signal = interruptSignal();
  try {
    const result = await runSearch(config, { signal, onEvent: progress.handle, onPairing: pairingBy(progress) });
    const text = config.json ? JSON.stringify(result) : tableOf(config);
    done("complete", `Run "${result.run}" is complete. Report: ${result.report}`);
    return printed(text, { run: result.run, code: exitCodes.done });
  } catch (error) {
    if (error instanceof OtherConfigurationError) {
      progress.close();
      throw new UsageError(error.message);
    }
    if (signal.aborted) {
      done("interrupted", `Stopped, everything finished is saved. The same command goes on with run "${config.run}".`);
      return exitCodes.interrupted;
    }
    if (error instanceof UsageError) {
      progress.close();
      throw error;
    }
    const message = (error as Error).message;
    if (error instanceof NothingCompletedError) {
      done("failed", `${message}. Report: ${runFolder(config.dataDir, config.run).report}`);
      // The run is over, if without a student: why each trial was of no use is its result.
      const { json, run } = config;
      return json ? printed(JSON.stringify(storedResult(config)), { run, code: exitCodes.failed }) : exitCodes.failed;
    }
    const then = howToGoOn(config, error);
    done("failed", then === undefined ? message : `${message}. ${then}`);
    if (Deno.env.get("NACRE_DEBUG")) console.error(error);
    return exitCodes.failed;
  }
}

if (import.meta.main) await runCommand(main);
