import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import {
  holm,
  meanInterval,
  stratifiedInterval,
  stratifiedProbability,
  tProbability,
  tQuantile,
} from "../../../bench/distillation/statistics.ts";

Deno.test("quantiles and probabilities of t are those of printed tables", () => {
  const table: [degrees: number, quantile: number][] = [[1, 12.7062], [2, 4.30265], [4, 2.776445], [16, 2.119905]];
  for (const [degrees, quantile] of table) {
    assertAlmostEquals(tQuantile(0.05, degrees), quantile, 1e-4);
    assertAlmostEquals(tProbability(-quantile, degrees), 0.05, 1e-6);
  }
  assertEquals(tProbability(0, 4), 1);
  // One degree of freedom is Cauchy's distribution: |t| exceeds 1 half of the time.
  assertAlmostEquals(tProbability(1, 1), 0.5, 1e-9);
  assertThrows(() => tProbability(1, 0), RangeError, "degree");
});

Deno.test("an interval of five values is Student's", () => {
  // Mean 3, standard error sqrt(2.5 / 5), quantile 2.776445.
  const { mean, low, high } = meanInterval([1, 2, 3, 4, 5]);
  assertAlmostEquals(mean, 3);
  assertAlmostEquals(low ?? NaN, 3 - 2.776445 * Math.sqrt(0.5), 1e-5);
  assertAlmostEquals(high ?? NaN, 3 + 2.776445 * Math.sqrt(0.5), 1e-5);
  assertEquals(meanInterval([7]), { mean: 7, low: null, high: null });
});

Deno.test("strata keep their own means and variances: a shift of one stratum moves the mean and not the width", () => {
  const one = stratifiedInterval([[1, 2, 3], [1, 2, 3]]);
  const shifted = stratifiedInterval([[1, 2, 3], [101, 102, 103]]);
  assertAlmostEquals(shifted.mean - one.mean, 50);
  assertAlmostEquals((shifted.high ?? NaN) - (shifted.low ?? NaN), (one.high ?? NaN) - (one.low ?? NaN), 1e-9);
  // Equal variances of 1: standard error sqrt(1/3 + 1/3) / 2, t with 2 + 2 degrees 2 / 0.408 = 4.899.
  assertAlmostEquals(stratifiedProbability([[1, 2, 3], [1, 2, 3]]) ?? NaN, tProbability(2 / Math.sqrt(1 / 6), 4), 1e-9);
  assertEquals(stratifiedProbability([[1], [2]]), null);
  assertEquals(stratifiedProbability([[0, 0, 0]]), 1);
});

Deno.test("over strata of unequal variances the degrees of freedom are Welch's and Satterthwaite's", () => {
  // Parts s^2/n: 1/3 with 2 degrees and 100/3 with 2. Their sum squared by the sum of squares over degrees: 2.04.
  const strata = [[1, 2, 3], [10, 20, 30]];
  const degrees = (101 / 3) ** 2 / ((1 / 3) ** 2 / 2 + (100 / 3) ** 2 / 2);
  assertAlmostEquals(degrees, 2.04, 1e-4);
  const error = Math.sqrt(101 / 3) / 2;
  const { mean, low } = stratifiedInterval(strata);
  assertEquals(mean, 11);
  assertAlmostEquals(low ?? NaN, 11 - tQuantile(0.05, degrees) * error, 1e-9);
  assertAlmostEquals(stratifiedProbability(strata) ?? NaN, tProbability(11 / error, degrees), 1e-12);
  // A stratum without scatter adds nothing to the error, and none of its degrees.
  assertAlmostEquals(stratifiedProbability([[5, 5, 5], [1, 2, 3]]) ?? NaN, tProbability(7 / Math.sqrt(1 / 3), 2), 1e-9);
  assertEquals(stratifiedProbability([[1, 2, 3], [4]]), null);
  assertEquals(stratifiedInterval([[1, 2, 3], [4]]), { mean: 3, low: null, high: null });
});

Deno.test("Holm's correction multiplies by what is left and never falls", () => {
  assertEquals(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]);
  assertEquals(holm([0.5, null, 0.9]), [1, null, 1]);
});
