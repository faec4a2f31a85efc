import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { warpRewards } from "../../../../search/controllers/regressor/warp.ts";

Deno.test("warp: above the median the distances stay, below it only the order does", () => {
  const targets = warpRewards([0.5, 0.7, 0.6, 0.4, -1e9]);
  // Distances 0.1 and 0.2 to the median have a root mean square of sqrt(0.025).
  for (const [index, distance] of [0, 0.2, 0.1].entries()) {
    assert(Math.abs(targets[index] - distance / Math.sqrt(0.025)) < 1e-12);
  }
  assertEquals(targets, warpRewards([0.5, 0.7, 0.6, 0.499, 0.1]));
  // The quantiles of 0.3 and 0.1 of the normal distribution.
  assert(Math.abs(targets[3] + 0.5244) < 0.01 && Math.abs(targets[4] + 1.2816) < 0.01);
});

Deno.test("warp: better rewards get larger targets, equal ones equal targets, and all are finite", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 1, maxLength: 40 }), (rewards) => {
    const targets = warpRewards(rewards);
    for (const [one, reward] of rewards.entries()) {
      assert(Number.isFinite(targets[one]));
      for (const [other, than] of rewards.entries()) {
        assertEquals(Math.sign(targets[one] - targets[other]), Math.sign(reward - than));
      }
    }
  }));
});

Deno.test("warp: equal rewards say nothing", () => assertEquals(warpRewards([3, 3, 3]), new Float64Array(3)));

Deno.test("warp: the unit of the rewards does not matter, be it next to nothing or enormous", () => {
  const rewards = [0.5, 0.75, 0.625, 0.25, -1];
  // Powers of two, by which nothing is rounded.
  for (const unit of [2 ** -1000, 2 ** -600, 2 ** 600, 2 ** 1023]) {
    assertEquals(warpRewards(rewards.map((reward) => reward * unit)), warpRewards(rewards));
  }
});
