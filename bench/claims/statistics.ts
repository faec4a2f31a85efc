// Correlations, permutation tests and bootstrap intervals that claims are judged by. Pure; randomness is passed in.
import type { Random } from "../../src/data/random.ts";
import { type Interval, mean } from "../distillation/statistics.ts";

/** Pearson's correlation; null where one of the lists does not vary. RangeError for lists of unequal or no length. */
export function pearson(a: readonly number[], b: readonly number[]): number | null {
  if (a.length !== b.length || a.length < 2) {
    throw new RangeError(`a correlation takes two lists of one length, at least 2, got ${a.length} and ${b.length}`);
  }
  const [meanA, meanB] = [mean(a), mean(b)];
  let [both, squareA, squareB] = [0, 0, 0];
  for (let index = 0; index < a.length; index++) {
    const [x, y] = [a[index] - meanA, b[index] - meanB];
    both += x * y;
    squareA += x * x;
    squareB += y * y;
  }
  if (squareA === 0 || squareB === 0) return null;
  return both / Math.sqrt(squareA * squareB);
}

/** Sample standard deviation of two values or more. */
export function deviation(values: readonly number[]): number {
  const centre = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1));
}

/** Standard deviation within groups, pooled over their degrees of freedom. */
export function pooledDeviation(groups: readonly (readonly number[])[]): number {
  let [sum, degrees] = [0, 0];
  for (const group of groups) {
    const centre = mean(group);
    sum += group.reduce((total, value) => total + (value - centre) ** 2, 0);
    degrees += group.length - 1;
  }
  return Math.sqrt(sum / degrees);
}

/** The value below which a `share` of the sorted `values` lies, linear between them. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/**
 * 95 % percentile interval (Efron 1979) of `statistic` over items drawn with replacement; draws for which it is null are
 * left out. No interval below 8 items.
 */
export function bootstrapInterval<Item>(
  items: readonly Item[],
  statistic: (items: readonly Item[]) => number | null,
  { random, draws = 2000 }: { random: Random; draws?: number },
): Interval {
  const centre = statistic(items);
  if (centre === null) throw new RangeError("the statistic of a bootstrap has no value on the items as they are");
  if (items.length < 8) return { mean: centre, low: null, high: null };
  const values: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const value = statistic(items.map(() => items[random.integer(items.length)]));
    if (value !== null) values.push(value);
  }
  return { mean: centre, low: quantile(values, 0.025), high: quantile(values, 0.975) };
}

/** Every way to choose `count` of the places 0 to `of - 1`. */
function* choices(of: number, count: number, from = 0): Generator<number[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let first = from; first <= of - count; first++) {
    for (const rest of choices(of, count - 1, first + 1)) yield [first, ...rest];
  }
}

function binomial(of: number, count: number): number {
  let result = 1;
  for (let factor = 1; factor <= count; factor++) result = result * (of - count + factor) / factor;
  return Math.round(result);
}

export interface PermutationTest {
  /** Of the labels as they are. */
  observed: number;
  /** Share of all relabellings, this one included, that give as much or more. */
  probability: number;
  relabellings: number;
  /** Whether all relabellings were tried, not a sample. */
  exact: boolean;
}

/**
 * Permutation test (Fisher 1935; Phipson and Smyth 2010) of two groups: within each stratum labels are exchanged in every
 * way, or, where there are more than `most` ways, in so many drawn ones. `labels` has a list per stratum, true for the
 * first group; `statistic` is large where the groups differ.
 */
export function permutationTest(
  labels: readonly (readonly boolean[])[],
  statistic: (labels: readonly (readonly boolean[])[]) => number,
  { random, most = 20_000 }: { random: Random; most?: number },
): PermutationTest {
  const observed = statistic(labels);
  const atLeast = (value: number) => value >= observed - 1e-12 * Math.max(1, Math.abs(observed));
  const counts = labels.map((stratum) => stratum.filter(Boolean).length);
  const total = labels.reduce((product, stratum, index) => product * binomial(stratum.length, counts[index]), 1);
  let extreme = 0;
  if (total <= most) {
    const ways = labels.map((stratum, index) =>
      [...choices(stratum.length, counts[index])].map((chosen) => stratum.map((_, place) => chosen.includes(place)))
    );
    const visit = (index: number, chosen: boolean[][]): void => {
      if (index === ways.length) {
        if (atLeast(statistic(chosen))) extreme++;
        return;
      }
      for (const way of ways[index]) visit(index + 1, [...chosen, way]);
    };
    visit(0, []);
    return { observed, probability: extreme / total, relabellings: total, exact: true };
  }
  for (let draw = 0; draw < most; draw++) {
    const drawn = labels.map((stratum) => {
      const copy = [...stratum];
      random.shuffle(copy);
      return copy;
    });
    if (atLeast(statistic(drawn))) extreme++;
  }
  // The labels as they are count as one of the draws: a probability is never 0.
  return { observed, probability: (extreme + 1) / (most + 1), relabellings: most, exact: false };
}
