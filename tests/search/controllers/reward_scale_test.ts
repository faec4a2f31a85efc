import { assertAlmostEquals, assertEquals } from "@std/assert";
import { mean, rewardScales } from "../../../search/controllers/reward_scale.ts";

Deno.test("standard scores have mean 0 and deviation 1 among the recent", () => {
  assertEquals(rewardScales.standard([1, 3], [1, 3]), [-1, 1]);
  assertEquals(rewardScales.standard([4], [0, 4]), [1]);
});

Deno.test("ranks are blind to how far the worst is off, and equal rewards share theirs", () => {
  const near = rewardScales.rank([0.5, 0.6, 0.7], [0.5, 0.6, 0.7]);
  assertEquals(rewardScales.rank([-100, 0.6, 0.7], [-100, 0.6, 0.7]), near);
  assertEquals(near[1], 0);
  assertAlmostEquals(near[2], Math.sqrt(1.5), 1e-12); // of -1, 0, 1
  const [one, other] = rewardScales.rank([0, 0], [0, 0, 1, 2]);
  assertEquals(one, other);
});

Deno.test("equal rewards are worth nothing on either scale, whatever rounding makes of their mean", () => {
  const rewards = new Array(7).fill(1 / 3);
  for (const scale of [rewardScales.rank, rewardScales.standard]) {
    assertEquals(scale(rewards, rewards), new Array(7).fill(0));
    assertEquals(scale([0.1], [0.1]), [0]);
  }
  assertEquals(rewardScales.plain(rewards, rewards), rewards);
});

Deno.test("the mean of the greatest numbers is a number", () => {
  const greatest = Number.MAX_VALUE;
  assertEquals(mean([greatest, greatest, greatest]), greatest);
  assertAlmostEquals(mean([greatest, greatest, 0, 0]) / greatest, 0.5, 1e-12);
});
