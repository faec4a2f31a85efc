import { assertAlmostEquals, assertEquals } from "@std/assert";
import { createHeatWatch } from "../../../devices/protocol/heat.ts";

const plan = { windowMs: 100, windows: 3, pauseAbove: 0.05, invalidAbove: 0.15, pausesMs: [1000] };

/** The states that windows of five rounds give, which took these times of what is normal. */
function states(slowness: readonly number[], baseline = true): (string | undefined)[] {
  const watch = createHeatWatch(plan, 0, baseline ? { smallMs: 1, largeMs: 8 } : undefined);
  let nowMs = 0;
  return slowness.map((factor) => {
    let state: string | undefined;
    for (let round = 0; round < 5; round++) state = watch.add(factor, 8 * factor, nowMs += 20);
    return state;
  });
}

Deno.test("a device that is slower than at the end of its warm-up is noticed from the first window on", () => {
  assertEquals(states([1.1, 1.1, 1.1, 1]), ["slow", "slow", "sustained", "fine"]);
  assertEquals(states([1.04, 1.04, 1.04]), ["fine", "fine", "fine"]);
  assertEquals(states([1.1, 1.1, 1, 1.1]), ["slow", "slow", "fine", "slow"]);
});

Deno.test("without a warm-up the first window is what others are compared with", () => {
  assertEquals(states([1.1, 1.1, 1.3], false), ["fine", "fine", "slow"]);
});

Deno.test("heat slows both references: the one that slowed less counts", () => {
  const watch = createHeatWatch(plan, 0, { smallMs: 1, largeMs: 8 });
  let state: string | undefined;
  for (let round = 1; round <= 5; round++) state = watch.add(1.5, 8.2, round * 20);
  assertEquals(state, "fine");
  assertAlmostEquals(watch.drift(), Math.log(8.2 / 8), 1e-12);
});

Deno.test("a window that has not ended tells whether it is slow so far", () => {
  const watch = createHeatWatch(plan, 0, { smallMs: 1, largeMs: 8 });
  const slow = [1.2, 1.2, 1.2, 1.2, 1.2, 1].map((factor, round) => {
    watch.add(factor, 8 * factor, round);
    return watch.slowNow();
  });
  // Of fewer than five rounds nothing is said; the fast end of the last ones lies halfway between 1 and 1.2.
  assertEquals(slow, [false, false, false, false, true, true]);
  assertEquals(watch.add(1, 8, 60), undefined);
  assertEquals(watch.slowNow(), false);
});

Deno.test("after a pause windows begin anew, and are compared with the same", () => {
  const watch = createHeatWatch(plan, 0, { smallMs: 1, largeMs: 8 });
  for (let round = 1; round <= 10; round++) watch.add(1.2, 9.6, round * 20);
  watch.restart(10_000);
  const after = Array.from({ length: 15 }, (_, round) => watch.add(1.2, 9.6, 10_020 + round * 20));
  assertEquals(after.filter((state) => state !== undefined), ["slow", "slow", "sustained"]);
});
