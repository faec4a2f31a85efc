// What the table of bench measurement is made of. Pure.

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Unbiased. */
function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

function checkCount(values: readonly number[], least: number, operation: string): void {
  if (values.length < least) throw new RangeError(`${operation} takes ${least} values or more, got ${values.length}`);
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  checkCount(values, 1, "a median");
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Standard deviation over mean. */
export function variation(values: readonly number[]): number {
  checkCount(values, 2, "a coefficient of variation");
  return Math.sqrt(variance(values)) / mean(values);
}

/** How far the mean of `values` lies from `truth`, over `truth`; positive where it is larger. */
export function bias(values: readonly number[], truth: number): number {
  checkCount(values, 1, "a bias");
  return mean(values) / truth - 1;
}

/** Kendall's tau-a of two orders of the same things: concordant minus discordant pairs, over all pairs. */
export function kendallTau(first: readonly number[], second: readonly number[]): number {
  if (first.length !== second.length) {
    throw new RangeError(`two orders are of the same things, got ${first.length} and ${second.length}`);
  }
  checkCount(first, 2, "a rank correlation");
  let agreement = 0;
  for (let i = 0; i < first.length; i++) {
    for (let j = 0; j < i; j++) agreement += Math.sign((first[i] - first[j]) * (second[i] - second[j]));
  }
  return agreement / (first.length * (first.length - 1) / 2);
}

/** Two-sided 95 % quantile of Student's t: Abramowitz and Stegun 26.7.5, within 0.1 % from 6 degrees of freedom on. */
function studentQuantile(degrees: number): number {
  const z = 1.959964;
  return z + (z ** 3 + z) / (4 * degrees) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * degrees ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * degrees ** 3);
}

/** Welch's 95 % interval of mean(second) - mean(first): what users of means of runs go by. */
export function differenceInterval(first: readonly number[], second: readonly number[]): { low: number; high: number } {
  checkCount(first, 2, "an interval");
  checkCount(second, 2, "an interval");
  const [a, b] = [variance(first) / first.length, variance(second) / second.length];
  const degrees = (a + b) ** 2 / (a ** 2 / (first.length - 1) + b ** 2 / (second.length - 1));
  const half = studentQuantile(degrees) * Math.sqrt(a + b);
  const difference = mean(second) - mean(first);
  return { low: difference - half, high: difference + half };
}

/**
 * The longest chain of things whose neighbours are `closest` to `farthest` apart (1.05: 5 %), by their values; gives their
 * indices, from the smallest value up.
 */
export function chain(values: readonly number[], closest: number, farthest: number): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a] - values[b]);
  const best: number[][] = [];
  for (const [position, index] of order.entries()) {
    best[position] = [index];
    for (let earlier = 0; earlier < position; earlier++) {
      const step = values[index] / values[order[earlier]];
      const longer = best[earlier].length + 1 > best[position].length;
      if (step >= closest && step <= farthest && longer) best[position] = [...best[earlier], index];
    }
  }
  return best.reduce((longest, candidate) => candidate.length > longest.length ? candidate : longest, []);
}
