import { assertAlmostEquals, assertEquals } from "@std/assert";
import { cosineSchedule } from "../../../src/training/schedule.ts";

Deno.test("the schedule warms up, peaks, and falls as half a cosine", () => {
  const rate = (step: number) => cosineSchedule(step, { steps: 110, peak: 2, warmup: 10 / 110 });
  assertAlmostEquals(rate(0), 2 / 11, 1e-12);
  assertAlmostEquals(rate(9), 20 / 11, 1e-12);
  assertAlmostEquals(rate(10), 2, 1e-12);
  assertAlmostEquals(rate(60), 1, 1e-12);
  assertAlmostEquals(rate(109), 1 + Math.cos(0.99 * Math.PI), 1e-12);
});

Deno.test("the schedule of a single step is finite", () => {
  assertEquals(Number.isFinite(cosineSchedule(0, { steps: 1, peak: 1 })), true);
});
