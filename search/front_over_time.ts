// How the front grew: what the search knew after each of its trials.
import type { Trial } from "../src/schemas/trial.ts";
import { type AccuracyLatency, hypervolume, paretoFront } from "./pareto.ts";
import { type CompletedTrial, completedTrials } from "./completed_trials.ts";

/** The front after a trial. */
export interface FrontAfter {
  /** Number of the trial, of whatever state, in ask order. */
  trial: number;
  /** Numbers of the trials on the front, by latency. */
  front: number[];
  /** Accuracy times milliseconds that the front covers, see {@linkcode hypervolume}. */
  hypervolume: number;
}

/**
 * The worst corner of what `trials` came to: no accuracy, and the largest latency. Undefined where none was completed.
 */
export function worstCorner(trials: readonly Trial[]): AccuracyLatency | undefined {
  const completed = completedTrials(trials);
  if (completed.length === 0) return undefined;
  return { accuracy: 0, latencyMs: Math.max(...completed.map(({ latencyMs }) => latencyMs)) };
}

/**
 * The front after each finished search trial of `trials`, in ask order. Fronts of several runs compare by one common
 * `reference`; it is the worst corner of these trials where not given.
 */
export function frontOverTime(
  trials: readonly Trial[],
  reference: AccuracyLatency | undefined = worstCorner(trials),
): FrontAfter[] {
  let front: CompletedTrial[] = [];
  let area = 0;
  return trials.filter(({ role, state }) => role === "search" && state !== "pending")
    .toSorted((a, b) => a.number - b.number)
    .map((trial) => {
      const [completed] = completedTrials([trial]);
      if (completed && reference) {
        front = paretoFront([...front, completed]);
        area = hypervolume(front, reference);
      }
      return { trial: trial.number, front: front.map(({ number }) => number), hypervolume: area };
    });
}
