// What a trial's result is worth by the devices that a run has now: one may have left since.
import type { Measurement } from "../src/schemas/measurement.ts";
import type { Trial } from "../src/schemas/trial.ts";
import type { ForeseenOfTrial } from "./scoring.ts";

/** By what trials are judged. */
export interface Scoring {
  /**
   * The trial's latency over the devices of the run, in milliseconds of the first, and its reward at `accuracy`. Asked
   * again where it counts, since a device may have left the run.
   */
  score(measurements: readonly Measurement[], accuracy: number): { latencyMs: number; reward: number };
  /**
   * The reward of a trial that was skipped for its latency, undefined where it is to be timed after all; needed where
   * trials are skipped so.
   */
  scoreForeseen?(foreseen: ForeseenOfTrial): number | undefined;
  /** Why a network breaks a hard limit, by its size and what was measured of it so far; undefined where it keeps them. */
  brokenLimit(trial: Trial): string | undefined;
}

/**
 * The trial with the latency and reward that `score` gives it now. One that was too slow, and would not be any more,
 * has no reward: nobody knows how accurate it is. A skipped one is estimated anew by what was foreseen of it, and has no
 * reward where that was of a device that left.
 */
export function rescored(
  trial: Trial,
  { brokenLimit, score, scoreForeseen }: Scoring,
): Trial {
  const { accuracy, measurements, state } = trial;
  if (state === "completed" && accuracy !== undefined) return { ...trial, ...score(measurements, accuracy) };
  if (state === "skipped" && trial.foreseen) {
    const { accuracy, latenciesMs } = trial.foreseen;
    if (latenciesMs === undefined) return { ...trial, ...score(measurements, accuracy) };
    if (!scoreForeseen) throw new TypeError(`trial ${trial.number} was skipped for its latency, which nothing scores`);
    const reward = scoreForeseen(trial.foreseen);
    if (reward !== undefined || trial.reward === undefined) return { ...trial, reward };
    return { ...trial, reward, reason: `${trial.reason}, with a device that left the run since; not timed` };
  }
  if (state !== "infeasible" || trial.latencyMs === undefined) return trial;
  const { latencyMs } = score(measurements, 0);
  const reason = brokenLimit(trial);
  if (reason !== undefined) return { ...trial, latencyMs, reason };
  if (trial.reward === undefined) return { ...trial, latencyMs };
  return {
    ...trial,
    latencyMs,
    reward: undefined,
    reason: `${trial.reason}, with a device that left the run since; not trained`,
  };
}

/** Failed for a reason that lies outside the student, or seems to, so that it has no reward. */
export function failedOutside({ reward, state }: Trial): boolean {
  return state === "failed" && reward === undefined;
}

/** Ended without a reward: failed outside the student, or too slow, or foreseen to be, on a device that left. */
export function isUndecided({ reward, state }: Trial): boolean {
  return state !== "pending" && reward === undefined;
}
