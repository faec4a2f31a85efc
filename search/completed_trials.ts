// Trials with a result of their own, and the best of them.
import type { Trial } from "../src/schemas/trial.ts";
import { measurementOn } from "./latency/measurement_on.ts";

/** A trial that was trained and measured. */
export type CompletedTrial = Trial & { accuracy: number; latencyMs: number; reward: number };

/** Trials with a result of their own: completed, and not the repetition of an earlier one. */
export function completedTrials(trials: readonly Trial[]): CompletedTrial[] {
  return trials.filter((trial): trial is CompletedTrial =>
    trial.state === "completed" && trial.duplicateOf === undefined && trial.accuracy !== undefined &&
    trial.latencyMs !== undefined && trial.reward !== undefined
  );
}

/** Completed trials that were measured on `device`, each with its latency there. */
export function completedOn(trials: readonly Trial[], device: string): CompletedTrial[] {
  return completedTrials(trials).flatMap((trial) => {
    const latencyMs = measurementOn(trial, device)?.latencyMs;
    return latencyMs === undefined ? [] : [{ ...trial, latencyMs }];
  });
}

/** The `count` completed trials with the highest rewards, best first; earlier ones first among equals. */
export function bestTrials(trials: readonly Trial[], count: number): CompletedTrial[] {
  return completedTrials(trials).sort((a, b) => b.reward - a.reward || a.number - b.number).slice(0, count);
}
