// The rule by which a claim is judged, fixed before anything is measured.
import type { Interval } from "../distillation/statistics.ts";

export type Verdict = "confirmed" | "not confirmed" | "not decided";

/** What a claim says of a number. */
export interface Expectation {
  /** The claim says that the number is above this. */
  above: number;
  /** The least distance from `above` that would be worth having. */
  worth: number;
}

/** Fewer independent values than this decide nothing. */
const leastValues = 3;

/**
 * Confirmed: the whole 95 % interval is above the bound. Not confirmed: the whole interval is below what would be worth
 * having. Else, and with fewer than three values, not decided.
 */
export function verdictOf({ high, low }: Interval, values: number, { above, worth }: Expectation): Verdict {
  if (low === null || high === null || values < leastValues) return "not decided";
  if (low > above) return "confirmed";
  if (high < above + worth) return "not confirmed";
  return "not decided";
}

/** The rule for probabilities of permutation tests at 5 %: no test proves that there is nothing. */
export function verdictOfTest(probability: number, values: number): Verdict {
  return values >= leastValues && probability < 0.05 ? "confirmed" : "not decided";
}

/** The rule in words, for reports. */
export const ruleInWords =
  "Confirmed: the whole 95 % interval lies above the bound that the claim sets. Not confirmed: the whole interval lies " +
  "below the bound plus the least difference worth having (named with each claim). Else, and with fewer than three " +
  "independent values, not decided. A permutation test confirms at p < 0.05 and never refutes.";
