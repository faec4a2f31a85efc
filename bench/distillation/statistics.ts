// What the comparison is judged by: intervals and tests of Student's t, and Holm's correction. Pure.

export interface Interval {
  mean: number;
  /** Ends of the 95 % interval; null where there are too few values for one. */
  low: number | null;
  high: number | null;
}

export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError("a mean takes one value or more, got none");
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sum of squared distances from the mean. */
function scatter(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
}

/** log of the gamma function of positive `x`, by Stirling's series. */
function logGamma(x: number): number {
  // The series is good from 10 on: up to there by the recurrence.
  let shift = 0;
  let at = x;
  for (; at < 10; at++) shift += Math.log(at);
  const square = 1 / at ** 2;
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / at;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** Probability that |t| with `degrees` of freedom exceeds |value|. */
export function tProbability(value: number, degrees: number): number {
  if (!(degrees >= 1)) throw new RangeError(`t takes one degree of freedom or more, got ${degrees}`);
  if (value === 0) return 1;
  if (!Number.isFinite(value)) return 0;
  // With t = sqrt(degrees) * tan(angle) the density is proportional to cos(angle)^(degrees - 1): Simpson's rule on a
  // smooth, bounded function.
  const start = Math.atan(Math.abs(value) / Math.sqrt(degrees));
  const pieces = 2000;
  const width = (Math.PI / 2 - start) / pieces;
  let sum = 0;
  for (let point = 0; point <= pieces; point++) {
    const weight = point === 0 || point === pieces ? 1 : point % 2 === 1 ? 4 : 2;
    sum += weight * Math.cos(start + point * width) ** (degrees - 1);
  }
  const constant = Math.exp(logGamma((degrees + 1) / 2) - logGamma(degrees / 2)) / Math.sqrt(Math.PI);
  return Math.min(1, 2 * constant * sum * width / 3);
}

/** The value that |t| exceeds with `probability`. */
export function tQuantile(probability: number, degrees: number): number {
  let [low, high] = [0, 1];
  while (tProbability(high, degrees) > probability) high *= 2;
  for (let halving = 0; halving < 60; halving++) {
    const middle = (low + high) / 2;
    if (tProbability(middle, degrees) > probability) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Mean and its 95 % interval by Student's t. */
export function meanInterval(values: readonly number[]): Interval {
  return stratifiedInterval([values]);
}

/**
 * Standard error of the mean of the strata's means, each stratum with a mean and a variance of its own, and its degrees of
 * freedom by Welch (1947) and Satterthwaite (1946); with one stratum Student's. No degrees where a stratum has one value.
 */
function standardError(strata: readonly (readonly number[])[]): { error: number; degrees: number } {
  const counts = strata.map(({ length }) => length);
  const least = Math.min(...counts) - 1;
  if (least < 1) return { error: NaN, degrees: 0 };
  const parts = strata.map((values) => scatter(values) / ((values.length - 1) * values.length));
  const sum = parts.reduce((total, part) => total + part, 0);
  const error = Math.sqrt(sum) / strata.length;
  const all = counts.reduce((total, count) => total + count - 1, 0);
  if (sum === 0) return { error, degrees: all };
  const degrees = sum ** 2 / parts.reduce((total, part, index) => total + part ** 2 / (counts[index] - 1), 0);
  // Between these by theory; rounding must not take it below one.
  return { error, degrees: Math.min(all, Math.max(least, degrees)) };
}

/**
 * Mean of the strata's means and its 95 % interval, each stratum with a mean and a variance of its own; with one stratum
 * Student's. No interval where a stratum has one value. RangeError where a stratum is empty.
 */
export function stratifiedInterval(strata: readonly (readonly number[])[]): Interval {
  const centre = mean(strata.map(mean));
  const { error, degrees } = standardError(strata);
  if (degrees < 1) return { mean: centre, low: null, high: null };
  const half = tQuantile(0.05, degrees) * error;
  return { mean: centre, low: centre - half, high: centre + half };
}

/** Two-sided probability of a mean this far from zero were it zero, as {@linkcode stratifiedInterval}; null for too few. */
export function stratifiedProbability(strata: readonly (readonly number[])[]): number | null {
  const { error, degrees } = standardError(strata);
  if (degrees < 1) return null;
  const centre = mean(strata.map(mean));
  if (error === 0) return centre === 0 ? 1 : 0;
  return tProbability(centre / error, degrees);
}

/** Holm's correction of `probabilities` of one family, in their order; null stays null. */
export function holm(probabilities: readonly (number | null)[]): (number | null)[] {
  const order = probabilities.flatMap((value, index) => value === null ? [] : [{ value, index }])
    .sort((a, b) => a.value - b.value);
  const corrected: (number | null)[] = probabilities.map(() => null);
  let largest = 0;
  for (const [rank, { value, index }] of order.entries()) {
    largest = Math.max(largest, Math.min(1, value * (order.length - rank)));
    corrected[index] = largest;
  }
  return corrected;
}
