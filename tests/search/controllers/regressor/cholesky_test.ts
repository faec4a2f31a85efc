import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  cholesky,
  halfLogDeterminant,
  solveCholesky,
  solveLower,
} from "../../../../search/controllers/regressor/cholesky.ts";

// [[4, 2, 0.6], [2, 5, 1], [0.6, 1, 3]], whose determinant is 46.6.
const matrix = Float64Array.of(4, 2, 5, 0.6, 1, 3);

function assertClose(actual: number, expected: number): void {
  assert(Math.abs(actual - expected) < 1e-12, `${actual} is not ${expected}`);
}

Deno.test("cholesky: the triangle of a matrix by hand", () => {
  const lower = cholesky(matrix, 3);
  // 2; 2/2 = 1, sqrt(5 - 1) = 2; 0.6/2 = 0.3, (1 - 0.3)/2 = 0.35, sqrt(3 - 0.09 - 0.1225).
  for (const [place, value] of [2, 1, 2, 0.3, 0.35, Math.sqrt(2.7875)].entries()) assertClose(lower[place], value);
  assertClose(halfLogDeterminant(lower, 3), 0.5 * Math.log(4 * 4 * 2.7875));
});

Deno.test("cholesky: a solution put into the matrix gives the right side back", () => {
  const right = Float64Array.of(1, -2, 0.5);
  const [x, y, z] = solveCholesky(cholesky(matrix, 3), right);
  assertClose(4 * x + 2 * y + 0.6 * z, 1);
  assertClose(2 * x + 5 * y + z, -2);
  assertClose(0.6 * x + y + 3 * z, 0.5);
  assertEquals(right, Float64Array.of(1, -2, 0.5));
});

Deno.test("cholesky: the lower triangle alone is solved row by row", () => {
  const [first, second] = solveLower(Float64Array.of(2, 1, 4), Float64Array.of(6, 11));
  assertEquals([first, second], [3, 2]);
});

Deno.test("cholesky: a matrix that is not positive definite is refused", () => {
  assertThrows(() => cholesky(Float64Array.of(1, 2, 1), 2), RangeError, "pivot 1 is -3");
});
