import { assert, assertEquals } from "@std/assert";
import { fittingPrior, type PairPrior, weightVariances } from "../../../../search/controllers/regressor/pair_prior.ts";
import { PairRegression } from "../../../../search/controllers/regressor/pair_regression.ts";
import { ChoiceLayout, PairTable } from "../../../../search/controllers/regressor/pair_table.ts";
import { Random } from "../../../../src/data/random.ts";

const layout = new ChoiceLayout([2, 2, 3]);
const tokens = [[0, 1, 2], [1, 1, 0], [0, 0, 1], [1, 0, 2], [0, 1, 0]];
const targets = Float64Array.of(0.3, -1, 0.8, 1.2, -0.4);
const prior: PairPrior = { single: 0.5, adjacent: 0.3, any: 0.2, noise: 0.1 };

/** All weights' features: the constant, 7 choices, and 4 + 6 + 6 pairs; with their prior variances. */
function features([a, b, c]: readonly number[]): number[] {
  const choices = [0, 1].map((k) => +(a === k)).concat([0, 1].map((k) => +(b === k)), [0, 1, 2].map((k) => +(c === k)));
  const pairs = (one: number[], other: number[]) => one.flatMap((x) => other.map((y) => x * y));
  const [first, second, third] = [choices.slice(0, 2), choices.slice(2, 4), choices.slice(4)];
  return [1, ...choices, ...pairs(first, second), ...pairs(second, third), ...pairs(first, third)];
}

// Shares are divided among 3 decisions, 2 neighbouring pairs and 3 pairs.
const variances = [
  1,
  ...new Array(7).fill(0.5 / 3),
  ...new Array(10).fill(0.3 / 2 + 0.2 / 3),
  ...new Array(6).fill(0.2 / 3),
];

/** The solution of `matrix` x = `right` for some right sides, by Gauss and Jordan. */
function solve(matrix: number[][], right: number[][]): number[][] {
  const rows = matrix.map((row, index) => [...row, ...right[index]]);
  for (let pivot = 0; pivot < rows.length; pivot++) {
    const best = rows.findIndex((row, index) =>
      index >= pivot && Math.abs(row[pivot]) === Math.max(...rows.slice(pivot).map((other) => Math.abs(other[pivot])))
    );
    [rows[pivot], rows[best]] = [rows[best], rows[pivot]];
    rows[pivot] = rows[pivot].map((value) => value / rows[pivot][pivot]);
    for (const [index, row] of rows.entries()) {
      if (index !== pivot) rows[index] = row.map((value, column) => value - row[pivot] * rows[pivot][column]);
    }
  }
  return rows.map((row) => row.slice(matrix.length));
}

/** Mean and variance of the function at `point`, by way of the weights; the code goes by way of the observations. */
function exact(point: readonly number[]): { mean: number; variance: number } {
  const design = tokens.map(features);
  const at = features(point);
  const precision = variances.map((variance, i) =>
    variances.map((_, j) =>
      design.reduce((sum, row) => sum + row[i] * row[j] / prior.noise, 0) + (i === j ? 1 / variance : 0)
    )
  );
  const evidence = variances.map((_, i) => design.reduce((sum, row, n) => sum + row[i] * targets[n] / prior.noise, 0));
  const solution = solve(precision, variances.map((_, i) => [evidence[i], at[i]]));
  return {
    mean: at.reduce((sum, value, i) => sum + value * solution[i][0], 0),
    variance: at.reduce((sum, value, i) => sum + value * solution[i][1], 0),
  };
}

const points = [[0, 1, 2], [1, 1, 1], [1, 0, 0]];

Deno.test("pair regression: a draw without spread is the exact posterior mean", () => {
  const table = new PairRegression({ layout, tokens, targets }, prior).draw(new Random(1), 0);
  for (const point of points) {
    assert(Math.abs(table.score(point) - exact(point).mean) < 1e-10, `${table.score(point)} ${exact(point).mean}`);
  }
});

Deno.test("pair regression: draws have the mean and the variance of the exact posterior, times the amplitude", () => {
  const regression = new PairRegression({ layout, tokens, targets }, prior);
  const random = new Random(2);
  const count = 4000;
  const tables = Array.from({ length: count }, () => regression.draw(random, 1));
  // The amplitude from the covariance of the observations themselves: tᵀ K⁻¹ t / n.
  const design = tokens.map(features);
  const covariance = design.map((one, i) =>
    design.map((other, j) => one.reduce((sum, x, k) => sum + x * other[k] * variances[k], i === j ? prior.noise : 0))
  );
  const solved = solve(covariance, [...targets].map((target) => [target]));
  const amplitude = targets.reduce((sum, target, n) => sum + target * solved[n][0], 0) / targets.length;
  for (const point of points) {
    const scores = tables.map((table) => table.score(point));
    const mean = scores.reduce((sum, score) => sum + score, 0) / count;
    const variance = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / count;
    const expected = exact(point);
    const deviation = Math.sqrt(amplitude * expected.variance);
    assert(Math.abs(mean - expected.mean) < 4 * deviation / Math.sqrt(count));
    // A sample variance of normal draws has a relative deviation of sqrt(2 / count), which is 0.022.
    assert(Math.abs(variance / deviation ** 2 - 1) < 4 * 0.022, `${variance} ${deviation ** 2}`);
  }
});

Deno.test("pair regression: the variance of the weights adds up to the shares", () => {
  const { single, adjacent, any } = weightVariances({ single: 0.6, adjacent: 0.4, any: 0.2, noise: 1 }, 5);
  assertEquals([single, adjacent, any], [0.6 / 5, 0.4 / 4, 0.2 / 10]);
  assertEquals(weightVariances({ single: 0.6, adjacent: 0.4, any: 0.2, noise: 1 }, 1).any, 0);
});

Deno.test("pair regression: the prior that fits has pairs where targets have them, noise where they are noisy", () => {
  const random = new Random(3);
  const some = Array.from({ length: 80 }, () => Array.from({ length: 8 }, () => random.integer(3)));
  const gains = Array.from({ length: 8 }, () => [random.normal(), random.normal(), random.normal()]);
  const sums = Float64Array.from(some, (row) => row.reduce((sum, token, index) => sum + gains[index][token], 0));
  const separable = fittingPrior(some, sums);
  assertEquals([separable.single, separable.noise], [1, 0.003]);
  assert(fittingPrior(some, sums.map((value) => value + 3 * random.normal())).noise >= 0.3);
  const products = Float64Array.from(
    some,
    (row) => row.slice(1).reduce((sum, token, index) => sum + (token === row[index] ? 1 : -0.5), 0),
  );
  assert(fittingPrior(some, products).adjacent > 0);
});

Deno.test("pair table: fields are what each change adds to the score", () => {
  const random = new Random(4);
  const table = new PairTable(layout);
  for (let place = 0; place < layout.size; place++) table.single[place] = random.normal();
  for (const [first, second] of [[0, 2], [0, 3], [1, 2], [1, 6], [2, 5], [3, 4], [0, 4]]) {
    table.pair[first * layout.size + second] = random.normal();
  }
  const fields = table.fields([0, 0, 0]);
  table.updateFields(fields, 1, 0, 1);
  const base = table.score([0, 1, 0]);
  for (const [index, count] of layout.choices.entries()) {
    for (let choice = 0; choice < count; choice++) {
      const changed = [0, 1, 0];
      const here = layout.offsets[index] + changed[index];
      changed[index] = choice;
      const gain = fields[layout.offsets[index] + choice] - fields[here];
      assert(Math.abs(table.score(changed) - base - gain) < 1e-12);
    }
  }
});
