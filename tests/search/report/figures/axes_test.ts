import { assert, assertAlmostEquals, assertThrows } from "@std/assert";
import { paddedDomain } from "../../../../search/report/figures/axes.ts";

Deno.test("a domain holds its values with some air, within the limits", () => {
  const [low, high] = paddedDomain([0.01, 1], { low: 0, high: 1 });
  assertAlmostEquals(low, 0);
  assertAlmostEquals(high, 1);
  const [lowest, highest] = paddedDomain([2, 4]);
  assert(lowest < 2 && highest > 4);
});

Deno.test("equal values get a domain of some width", () => {
  for (const value of [0, 1.5]) {
    const [low, high] = paddedDomain([value, value]);
    assert(low < value && high > value);
  }
});

Deno.test("a domain of nothing is refused", () => {
  assertThrows(() => paddedDomain([]), RangeError, "at least one value");
});
