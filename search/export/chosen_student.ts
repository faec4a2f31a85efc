// Which network of a run is exported, and with which weights.
import { UsageError } from "../../src/cli/usage_error.ts";
import { fileExists } from "../../src/data/file_exists.ts";
import type { ExportOptions } from "../../src/schemas/export_options.ts";
import type { FinalStudent, Trial } from "../../src/schemas/trial.ts";
import { bestTrials, type CompletedTrial, completedTrials } from "../result.ts";
import type { RunFolder } from "../run_folder.ts";
import type { RunStore } from "../store/run_store.ts";

export interface ChosenStudent {
  trial: CompletedTrial;
  /** Whether the weights are those of its longer training. */
  weights: "final" | "trial";
  /** What the longer training came to, where the weights are of that. */
  final?: FinalStudent;
  /** Safetensors. */
  file: string;
}

/** For instance "trials 3, 7". */
function listed(trials: readonly Trial[]): string {
  return trials.map(({ number }) => number).join(", ") || "none";
}

function unknownReason({ duplicateOf, number, reason, role, state }: Trial): string {
  const name = `${role === "search" ? "trial" : "baseline"} ${number}`;
  if (duplicateOf !== undefined) return `${name} is the same network as trial ${duplicateOf}: export that one`;
  return `${name} has no result: it is ${state}${reason === undefined ? "" : ` (${reason})`}`;
}

function numbered(trials: readonly Trial[], number: number, flag: string): CompletedTrial {
  const completed = completedTrials(trials);
  const found = completed.find((trial) => trial.number === number);
  if (found) return found;
  const other = trials.find((trial) => trial.number === number);
  const why = other ? unknownReason(other) : `the run has no such one`;
  throw new UsageError(`${flag} is ${number}, but ${why}; completed are ${listed(completed)}`);
}

function chosenTrial(store: RunStore, { baseline, run, trial }: ExportOptions): CompletedTrial {
  if (trial !== undefined && baseline !== undefined) {
    throw new UsageError("--trial and --baseline name two networks; allowed is one of them");
  }
  if (baseline !== undefined) return numbered(store.trials("baseline"), baseline, "--baseline");
  const trials = store.trials("search");
  if (trial !== undefined) return numbered(trials, trial, "--trial");
  const [best] = bestTrials(trials, 1);
  if (!best) throw new UsageError(`run "${run}" has no completed trial yet; --baseline N exports a baseline`);
  return best;
}

/**
 * The student that `options` name, by default the best one, with the weights of its longer training where there are any.
 * UsageError of one line where there is no such student, or where its weights were not kept.
 */
export function chooseStudent(store: RunStore, paths: RunFolder, options: ExportOptions): ChosenStudent {
  const trial = chosenTrial(store, options);
  const { number, role } = trial;
  const final = store.finals().find((one) => one.role === role && one.trial === number);
  const finalFile = paths.weights(role, number, "final");
  if (final && fileExists(finalFile)) return { trial, weights: "final", final, file: finalFile };
  const file = paths.weights(role, number, "trial");
  if (fileExists(file)) return { trial, weights: "trial", file };
  const withWeights = completedTrials(store.trials(role)).filter(({ number }) =>
    fileExists(paths.weights(role, number, "final")) || fileExists(paths.weights(role, number, "trial"))
  );
  throw new UsageError(
    `the weights of ${
      role === "search" ? "trial" : "baseline"
    } ${number} were not kept, since it stands on no front and ` +
      `not among the best; those of ${listed(withWeights)} were`,
  );
}
