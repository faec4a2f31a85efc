// How much of a predictor's error is the measurements' own: no model can foresee it. Pure.
import { mean } from "../distillation/statistics.ts";

/** What a model that knows the true latencies would reach, if `relativeError` is normal and all there is. */
export interface NoiseRow {
  from: "the measurements' own intervals" | "measuring twice, in sessions apart";
  students: number;
  /** Root of the mean square of the measurements' relative standard errors. */
  relativeError: number;
  within5Percent: number;
  within10Percent: number;
}

/** Probability that a standard normal value lies within `bound` of 0: Abramowitz and Stegun 7.1.26, to 1.5e-7. */
export function normalWithin(bound: number): number {
  const x = bound / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return 1 - series * Math.exp(-x * x);
}

type Measured = Readonly<Record<"latencyMs" | "lowMs" | "highMs", number>>;

function noiseRow(from: NoiseRow["from"], errors: readonly number[]): NoiseRow {
  const within = (share: number) => mean(errors.map((error) => error === 0 ? 1 : normalWithin(share / error)));
  return {
    from,
    students: errors.length,
    relativeError: Math.sqrt(mean(errors.map((error) => error ** 2))),
    within5Percent: within(0.05),
    within10Percent: within(0.1),
  };
}

/** Of measurements with their 95 % intervals; one or more. */
export function ownNoise(measured: readonly Measured[]): NoiseRow {
  // A 95 % interval is 2 x 1.96 standard errors wide.
  const errors = measured.map(({ highMs, latencyMs, lowMs }) => (highMs - lowMs) / 3.92 / latencyMs);
  return noiseRow("the measurements' own intervals", errors);
}

/** Of pairs of latencies of the same students; one or more. Holds what changes between sessions too. */
export function repeatedNoise(pairs: readonly (readonly [number, number])[]): NoiseRow {
  // The difference of two has twice the variance of one.
  const deviation = Math.sqrt(mean(pairs.map(([first, second]) => Math.log(second / first) ** 2 / 2)));
  return noiseRow("measuring twice, in sessions apart", pairs.map(() => deviation));
}
