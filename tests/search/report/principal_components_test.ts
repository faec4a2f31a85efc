import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { eigenOfSymmetric, oneHot, projectOnPlane } from "../../../search/report/principal_components.ts";
import { seededRandom } from "./fixtures.ts";

Deno.test("one-hot numbers hold a one at each choice", () => {
  assertEquals(oneHot([1, 0], [2, 3]), [0, 1, 1, 0, 0]);
  assertThrows(() => oneHot([1], [2, 3]), RangeError, "2 tokens are needed, got 1");
});

Deno.test("points along one direction in three dimensions keep their distances on the first component", () => {
  // Along (2, 1, 2) / 3, at -1, 0, 2 and 3: the mean is 1.
  const rows = [-1, 0, 2, 3].map((t) => [2 * t / 3 + 5, t / 3 - 1, 2 * t / 3]);
  const projected = projectOnPlane(rows);
  assert(projected);
  for (const [i, x] of [-2, -1, 1, 2].entries()) {
    assertAlmostEquals(projected.points[i].x, x, 1e-12);
    assertAlmostEquals(projected.points[i].y, 0, 1e-7);
  }
  assertAlmostEquals(projected.explained[0], 1, 1e-12);
});

Deno.test("a rectangle's sides are its components, with the shares of their squared lengths", () => {
  // Corners of a 6 by 2 rectangle, turned by 30 degrees: variances 9 and 1.
  const [c, s] = [Math.cos(Math.PI / 6), Math.sin(Math.PI / 6)];
  const corners = [[3, 1], [3, -1], [-3, 1], [-3, -1]];
  const projected = projectOnPlane(corners.map(([u, v]) => [c * u - s * v, s * u + c * v]));
  assert(projected);
  assertAlmostEquals(projected.explained[0], 0.9, 1e-12);
  assertAlmostEquals(projected.explained[1], 0.1, 1e-12);
  assertEquals(projected.points.map(({ x }) => Number(x.toFixed(9))), [3, 3, -3, -3]);
  assertEquals(projected.points.map(({ y }) => Number(Math.abs(y).toFixed(9))), [1, 1, 1, 1]);
});

Deno.test("eigenvectors reproduce a random symmetric matrix and are orthonormal", () => {
  const random = seededRandom(5);
  const size = 12;
  const matrix = Array.from({ length: size }, () => new Float64Array(size));
  for (let i = 0; i < size; i++) for (let j = 0; j <= i; j++) matrix[i][j] = matrix[j][i] = random() - 0.5;
  const { values, vectors } = eigenOfSymmetric(matrix.map((row) => row.slice()));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const sum = values.reduce((total, value, k) => total + value * vectors[k][i] * vectors[k][j], 0);
      assertAlmostEquals(sum, matrix[i][j], 1e-12);
      const product = vectors[i].reduce((total, value, k) => total + value * vectors[j][k], 0);
      assertAlmostEquals(product, i === j ? 1 : 0, 1e-12);
    }
  }
  assertEquals(values, values.toSorted((a, b) => b - a));
});

Deno.test("rows that do not differ have no components", () => {
  assertEquals(projectOnPlane([[1, 2], [1, 2]]), null);
  assertEquals(projectOnPlane([]), null);
});
