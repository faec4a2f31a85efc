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

/** What the order of trials goes by. */
export type Rewarded = Pick<CompletedTrial, "latencyMs" | "number" | "reward">;

/**
 * The one order of trials, for a sort: the higher reward first, of equal rewards the faster one, of equally fast ones the
 * earlier one. Rewards that do not count latency, or only beyond a target, are equal often.
 */
export function bestFirst(a: Rewarded, b: Rewarded): number {
  return b.reward - a.reward || a.latencyMs - b.latencyMs || a.number - b.number;
}

/** The `count` best completed trials, best first, see {@linkcode bestFirst}. */
export function bestTrials(trials: readonly Trial[], count: number): CompletedTrial[] {
  return completedTrials(trials).sort(bestFirst).slice(0, count);
}

/**
 * Why a search of `planned` trials came to nothing: each of them ended, and none was completed. Undefined where one was,
 * and where some are still to come.
 */
export function whyNoneCompleted(trials: readonly Trial[], planned: number): string | undefined {
  const search = trials.filter(({ role }) => role === "search");
  const ended = search.length >= planned && search.every(({ state }) => state !== "pending");
  if (!ended || completedTrials(search).length > 0) return undefined;
  const told = search.find(({ reason }) => reason !== undefined);
  const none = search.length === 1
    ? "the only trial was not completed"
    : `none of the ${search.length} trials was completed`;
  return told ? `${none}; trial ${told.number}: ${told.reason}` : none;
}
