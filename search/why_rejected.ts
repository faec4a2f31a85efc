// What became of each trial, in words: why it is not the one to take.
import type { Trial } from "../src/schemas/trial.ts";
import { paretoFront } from "./pareto.ts";
import { bestTrials, type CompletedTrial, completedTrials } from "./completed_trials.ts";

/** A trial and why it was not chosen. */
export interface Rejection {
  trial: number;
  state: Trial["state"];
  /** For instance "trial 12 is 8 % faster and 1.2 points more accurate". */
  reason: string;
}

/** "8 % faster" or "as fast", and "1.2 points more accurate" or "as accurate": of `rival` beside `trial`. */
function advantage(rival: CompletedTrial, trial: CompletedTrial): string {
  const saved = 1 - rival.latencyMs / trial.latencyMs;
  const points = 100 * (rival.accuracy - trial.accuracy);
  const speed = saved === 0 ? "as fast" : saved < 0.01 ? "slightly faster" : `${Math.round(100 * saved)} % faster`;
  const accuracy = points === 0
    ? "as accurate"
    : points < 0.05
    ? "slightly more accurate"
    : `${points.toFixed(1)} points more accurate`;
  return `${speed} and ${accuracy}`;
}

/**
 * A line about every search trial of `trials`, in ask order: failures, broken limits and what was skipped by their
 * reason, repetitions by the trial that they repeat, completed ones by the trial of the front that beats them most in
 * accuracy, and those of the front by what sets them apart.
 */
export function rejections(trials: readonly Trial[]): Rejection[] {
  const search = trials.filter(({ role }) => role === "search").toSorted((a, b) => a.number - b.number);
  const front = paretoFront(completedTrials(search));
  const [best] = bestTrials(search, 1);
  return search.map((trial) => ({
    trial: trial.number,
    state: trial.state,
    reason: reasonFor(trial, front, best),
  }));
}

function reasonFor(trial: Trial, front: readonly CompletedTrial[], best: CompletedTrial | undefined): string {
  const { duplicateOf, number, reason, state } = trial;
  if (state === "pending") return "not finished";
  if (duplicateOf !== undefined) {
    return `the same network as trial ${duplicateOf}${reason === undefined ? "" : `: ${reason}`}`;
  }
  const [completed] = completedTrials([trial]);
  if (!completed) return reason ?? "no reason was kept";
  const onFront = front.some((one) => one.number === number);
  if (number === best?.number) return `the best: the highest reward${onFront ? "" : ", though not on the front"}`;
  if (onFront) return `on the front; trial ${best?.number} has a higher reward`;
  const rival = front.findLast(({ latencyMs, accuracy }) =>
    latencyMs <= completed.latencyMs && accuracy >= completed.accuracy
  );
  return rival ? `trial ${rival.number} is ${advantage(rival, completed)}` : "no reason was kept";
}
