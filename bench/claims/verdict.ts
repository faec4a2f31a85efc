// The rule by which a claim is judged, fixed before anything is measured.
import type { Interval } from "../distillation/statistics.ts";

export type Verdict = "confirmed" | "not confirmed" | "not decided";

/** Arms whose winners' measured latencies differ by a larger share were not compared at one latency. */
const mostExtraLatency = 0.05;

/**
 * The verdict of a difference in accuracy between two arms, the first of which is claimed to be better and takes such
 * shares more latency, one per target (null: not measured): what it won by more time at any target, or lost by less,
 * decides nothing.
 */
export function verdictAtLatency(verdict: Verdict, extras: readonly number[] | null): Verdict {
  if (extras === null) return "not decided";
  if (verdict === "confirmed" && Math.max(...extras) > mostExtraLatency) return "not decided";
  if (verdict === "not confirmed" && Math.min(...extras) < -mostExtraLatency) return "not decided";
  return verdict;
}

/** What a claim says of a number. */
export interface Expectation {
  /** The claim says that the number is above this. */
  above: number;
  /** The least distance from `above` that would be worth having. */
  worth: number;
}

/** Fewer seeds than this decide nothing. */
const leastSeeds = 3;

/**
 * Confirmed: the whole 95 % interval is above the bound. Not confirmed: the whole interval is below what would be worth
 * having. Else, and with fewer than three seeds, not decided.
 */
export function verdictOf({ high, low }: Interval, seeds: number, { above, worth }: Expectation): Verdict {
  if (low === null || high === null || seeds < leastSeeds) return "not decided";
  if (low > above) return "confirmed";
  if (high < above + worth) return "not confirmed";
  return "not decided";
}

/** The rule for probabilities of permutation tests at 5 %: no test proves that there is nothing. */
export function verdictOfTest(probability: number, seeds: number): Verdict {
  return seeds >= leastSeeds && probability < 0.05 ? "confirmed" : "not decided";
}

/** The rule in words, for reports. */
export const ruleInWords =
  "Confirmed: the whole 95 % interval lies above the bound that the claim sets. Not confirmed: the whole interval lies " +
  "below the bound plus the least difference worth having (named with each claim). Else, with fewer than three seeds, " +
  "and where a target lacks a value, not decided. A permutation test confirms at p < 0.05 and never refutes. At equal " +
  `targets: neither confirmed where at any target, by the mean over seeds, the winners of what is claimed to be better ` +
  `really take more than ${
    100 * mostExtraLatency
  } % longer than those of the other, nor refuted where they take that ` +
  "much less.";
