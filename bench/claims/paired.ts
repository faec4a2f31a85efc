// Differences between arms of equal seeds and targets, as one number with an interval.
import { type Interval, stratifiedInterval } from "../distillation/statistics.ts";
import type { Finding } from "./claim.ts";
import { type Expectation, verdictOf } from "./verdict.ts";

/** A value of one seed at one target. */
export interface PairedValue {
  /** What makes a stratum: the target. */
  stratum: string | number;
  value: number;
}

/** Mean of the strata's means with its 95 % interval. */
export function intervalOf(values: readonly PairedValue[]): Interval {
  const strata = new Map<string | number, number[]>();
  for (const { stratum, value } of values) strata.set(stratum, [...(strata.get(stratum) ?? []), value]);
  return stratifiedInterval([...strata.values()]);
}

export interface FindingText {
  id: string;
  claimed: string;
  measured: string;
  unit: string;
  note?: string;
}

/** A finding from values, one per seed and target. `scale` turns them into the unit: 100 for points of accuracy. */
export function findingFrom(
  text: FindingText,
  values: readonly PairedValue[],
  { scale = 1, ...expectation }: Expectation & { scale?: number },
): Finding {
  const { high, low, mean } = intervalOf(values.map(({ stratum, value }) => ({ stratum, value: value * scale })));
  return { ...findingOf(text, { mean, low, high }, values.length, expectation) };
}

/** A finding from an interval over `n` values. */
export function findingOf(text: FindingText, interval: Interval, n: number, expectation: Expectation): Finding {
  const { above, worth } = expectation;
  const unit = text.unit === "" ? "" : ` ${text.unit}`;
  return {
    ...text,
    value: interval.mean,
    low: interval.low,
    high: interval.high,
    n,
    verdict: verdictOf(interval, n, expectation),
    rule: `above ${above}${unit}, least difference worth having ${worth}${unit}`,
  };
}
