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
  const completed = completedTrials(search);
  const front = paretoFront(completed);
  const [best] = bestTrials(search, 1);
  return search.map((trial) => {
    const [own] = completedTrials([trial]);
    const reason = own ? whyNotTaken(own, { best: best ?? own, completed, front }) : whyNoResult(trial);
    return { trial: trial.number, state: trial.state, reason };
  });
}

function whyNoResult({ duplicateOf, reason, state }: Trial): string {
  if (state === "pending") return "not finished";
  if (duplicateOf === undefined) return reason ?? "no reason was kept";
  return `the same network as trial ${duplicateOf}${reason === undefined ? "" : `: ${reason}`}`;
}

interface Others {
  best: CompletedTrial;
  completed: readonly CompletedTrial[];
  front: readonly CompletedTrial[];
}

function whyNotTaken(trial: CompletedTrial, { best, completed, front }: Others): string {
  const { accuracy, latencyMs, number, reward } = trial;
  const onFront = front.some((one) => one.number === number);
  if (number === best.number) {
    const isTied = completed.some((one) => one.number !== number && one.reward === reward);
    const why = `the highest reward${isTied ? ", and the fastest that has it" : ""}`;
    return `the best: ${why}${onFront ? "" : ", though not on the front"}`;
  }
  if (onFront) {
    if (reward < best.reward) return `on the front; trial ${best.number} has a higher reward`;
    const order = latencyMs > best.latencyMs ? "slower" : "later";
    return `on the front; by its reward as good as trial ${best.number}, but ${order}`;
  }
  const rival = front.findLast((one) => one.latencyMs <= latencyMs && one.accuracy >= accuracy);
  return rival ? `trial ${rival.number} is ${advantage(rival, trial)}` : "no reason was kept";
}
