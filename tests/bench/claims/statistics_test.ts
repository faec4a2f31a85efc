import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { sampleCorrelation, sampleStandardDeviation } from "simple-statistics";
import {
  bootstrapInterval,
  deviation,
  pearson,
  permutationTest,
  pooledDeviation,
  quantile,
} from "../../../bench/claims/statistics.ts";
import { fisherInterval } from "../../../bench/claims/claims/rewards.ts";
import { Random } from "../../../src/data/random.ts";

Deno.test("correlations and deviations agree with simple-statistics on data without ties", () => {
  const random = new Random(3);
  const a = Array.from({ length: 30 }, () => random.normal());
  const b = a.map((value) => 0.6 * value + random.normal());
  assertAlmostEquals(pearson(a, b) ?? NaN, sampleCorrelation(a, b), 1e-12);
  assertAlmostEquals(deviation(a), sampleStandardDeviation(a), 1e-12);
});

Deno.test("a list that does not vary has no correlation, lists of unequal length are refused", () => {
  assertEquals(pearson([1, 1, 1], [1, 2, 3]), null);
  assertThrows(() => pearson([1, 2], [1, 2, 3]), RangeError, "got 2 and 3");
});

Deno.test("the pooled deviation leaves the distances between groups out", () => {
  // Variances 2 and 8 with one degree of freedom each.
  assertAlmostEquals(pooledDeviation([[0, 2], [100, 104]]), Math.sqrt(5), 1e-12);
});

Deno.test("quantiles are linear between the values", () => {
  assertEquals([quantile([3, 1, 2], 0.5), quantile([0, 10], 0.25)], [2, 2.5]);
});

Deno.test("a bootstrap interval covers the mean of a normal sample, and there is none below eight items", () => {
  const random = new Random(11);
  const items = Array.from({ length: 50 }, () => random.normal());
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const { high, low, mean: centre } = bootstrapInterval(items, mean, { random });
  const half = 1.96 * deviation(items) / Math.sqrt(50);
  assertAlmostEquals(centre, mean(items), 1e-12);
  assertAlmostEquals(low ?? NaN, centre - half, 0.05);
  assertAlmostEquals(high ?? NaN, centre + half, 0.05);
  assertEquals(bootstrapInterval([1, 2, 3], mean, { random }).low, null);
});

Deno.test("Fisher's interval of a correlation of 0.5 over 28 pairs is 0.156 to 0.736", () => {
  const { high, low } = fisherInterval(0.5, 28);
  assertAlmostEquals(low, 0.156, 5e-4);
  assertAlmostEquals(high, 0.736, 5e-4);
});

const meanDifference = (values: readonly (readonly number[])[]) => (labels: readonly (readonly boolean[])[]) => {
  let [first, other, firsts, others] = [0, 0, 0, 0];
  for (const [stratum, own] of labels.entries()) {
    for (const [place, isFirst] of own.entries()) {
      if (isFirst) [first, firsts] = [first + values[stratum][place], firsts + 1];
      else [other, others] = [other + values[stratum][place], others + 1];
    }
  }
  return first / firsts - other / others;
};

Deno.test("the exact permutation test of three against three has the probability 1 in 20 at best", () => {
  const labels = [[true, true, true, false, false, false]];
  const test = permutationTest(labels, meanDifference([[9, 8, 7, 1, 2, 3]]), { random: new Random(1) });
  assertEquals([test.exact, test.relabellings, test.probability], [true, 20, 1 / 20]);
});

Deno.test("strata are relabelled each on its own", () => {
  const labels = [[true, true, false, false], [true, true, false, false]];
  // The strata differ much; within each the groups differ a little, and always in one direction.
  const values = [[101, 102, 99, 98], [1.5, 2, 0, -1]];
  const test = permutationTest(labels, meanDifference(values), { random: new Random(1) });
  assertEquals([test.relabellings, test.probability], [36, 1 / 36]);
});

Deno.test("on identical distributions the permutation test's probability is uniform, exact or sampled", () => {
  const random = new Random(5);
  for (const most of [20_000, 199]) {
    const repeats = 600;
    const probabilities = Array.from({ length: repeats }, () => {
      const values = [0, 1].map(() => Array.from({ length: 6 }, () => random.normal()));
      const labels = values.map(() => [true, false, true, false, true, false]);
      return permutationTest(labels, meanDifference(values), { random, most }).probability;
    });
    // Kolmogorov and Smirnov: 1.63 / sqrt(n) is passed by chance once in a hundred; steps of 1/400 and 1/200 come on top.
    const sorted = probabilities.sort((a, b) => a - b);
    const distance = Math.max(...sorted.map((value, index) => Math.abs(value - (index + 0.5) / repeats)));
    assert(distance < 1.63 / Math.sqrt(repeats) + 1 / 200, `distance ${distance} from uniform`);
  }
});

Deno.test("a permutation test finds groups that differ", () => {
  const random = new Random(6);
  const values = [Array.from({ length: 8 }, (_, place) => random.normal() + (place < 4 ? 3 : 0))];
  const labels = [values[0].map((_, place) => place < 4)];
  assert(permutationTest(labels, meanDifference(values), { random }).probability < 0.05);
});
