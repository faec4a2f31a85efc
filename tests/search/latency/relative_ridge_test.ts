import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { fitRelativeRidge, inverseOf } from "../../../search/latency/relative_ridge.ts";
import { Random } from "../../../src/data/random.ts";

Deno.test("the inverse times the matrix is the identity; what is not positive definite is refused", () => {
  const matrix = [[4, 2, 0.4], [2, 5, 1], [0.4, 1, 3]];
  const inverse = inverseOf(matrix);
  for (const [i, row] of matrix.entries()) {
    for (const j of row.keys()) {
      assertAlmostEquals(row.reduce((sum, value, k) => sum + value * inverse[k][j], 0), i === j ? 1 : 0, 1e-12);
    }
  }
  assertThrows(() => inverseOf([[1, 2], [2, 1]]), RangeError, "not positive definite");
});

Deno.test("one column by hand: coefficient, left-out predictions and reach", () => {
  // Scaled rows 1/1, 2/4: products 1.25, sums 1.5; strength 0.75 makes it 1.5 / 2.
  const fit = fitRelativeRidge([[1], [2]], [1, 4], { penalties: [1], strengths: [0.75] });
  assertAlmostEquals(fit.coefficients[0], 0.75, 1e-12);
  // Without the first: 0.5 / (0.25 + 0.75) = 0.5, so 0.5 of 1. Without the second: 1 / 1.75, times 2 of 4.
  assertAlmostEquals(fit.leftOut[0], 0.5, 1e-12);
  assertAlmostEquals(fit.leftOut[1], 1 / 1.75 / 2, 1e-12);
  // The first seen by the second alone: 1 / (0.25 + 0.75).
  assertAlmostEquals(fit.reaches[0], 1, 1e-12);
  assertAlmostEquals(fit.reach([2]), 4 / 2, 1e-12);
});

Deno.test("left-out predictions are those of fits that really leave one out, for every strength", () => {
  const random = new Random(3);
  const rows = Array.from({ length: 9 }, () => [1, random.next(), random.normal()]);
  const targets = rows.map(() => 0.5 + random.next());
  const penalties = [0.1, 1, 3];
  for (const strength of [1e-3, 0.5]) {
    const all = fitRelativeRidge(rows, targets, { penalties, strengths: [strength] });
    for (const [index, row] of rows.entries()) {
      const others = fitRelativeRidge(rows.toSpliced(index, 1), targets.toSpliced(index, 1), {
        penalties,
        strengths: [strength],
      });
      const predicted = row.reduce((sum, value, column) => sum + value * others.coefficients[column], 0);
      assertAlmostEquals(all.leftOut[index], predicted / targets[index], 1e-9);
      assertAlmostEquals(all.reaches[index], others.reach(row.map((value) => value / targets[index])), 1e-9);
    }
  }
});

Deno.test("the strength is chosen by left-out errors: none for exact values, much for noise", () => {
  const random = new Random(5);
  const rows = Array.from({ length: 30 }, () => [1, ...Array.from({ length: 10 }, () => random.normal())]);
  const strengths = [1e-6, 1, 100];
  const penalties = [0, ...Array.from({ length: 10 }, () => 1)];
  const exact = rows.map((row) => 10 + row[1] + row[2]);
  assertEquals(fitRelativeRidge(rows, exact, { penalties, strengths }).strength, 1e-6);
  const noise = rows.map(() => 10 + random.normal());
  assertEquals(fitRelativeRidge(rows, noise, { penalties, strengths }).strength, 100);
});

Deno.test("what has no relative error is refused", () => {
  const options = { penalties: [1], strengths: [1] };
  assertThrows(() => fitRelativeRidge([[1]], [0], options), RangeError, "got 0");
  assertThrows(() => fitRelativeRidge([], [], options), RangeError, "an observation");
});
