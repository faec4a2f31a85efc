import { assertAlmostEquals, assertEquals } from "@std/assert";
import { linearFit } from "../../../search/report/linear_fit.ts";

const points = (...pairs: [number, number][]) => pairs.map(([x, y]) => ({ x, y }));

Deno.test("the least-squares line and Pearson's r agree with numbers worked out by hand", () => {
  // Means 2 and 3; sums of squares 2 and 6; sum of products 3.
  const fit = linearFit(points([1, 2], [2, 2], [3, 5]));
  assertAlmostEquals(fit?.slope ?? NaN, 1.5);
  assertAlmostEquals(fit?.intercept ?? NaN, 0);
  assertAlmostEquals(fit?.correlation ?? NaN, 3 / Math.sqrt(12));
});

Deno.test("a falling line has a correlation of minus one", () => {
  assertAlmostEquals(linearFit(points([1, 3], [2, 2], [3, 1]))?.correlation ?? NaN, -1);
});

Deno.test("nothing is fitted to two points, nor to values that are equal on one axis", () => {
  assertEquals(linearFit(points([1, 2], [2, 3])), null);
  assertEquals(linearFit(points([1, 0.1 + 0.2], [2, 0.3], [3, 0.3])), null);
  assertEquals(linearFit(points([1e6, 1], [1e6, 2], [1e6, 3])), null);
});
