import { assertEquals } from "@std/assert";
import { runningBest, runningMedian } from "../../../../search/report/figures/over_trials.ts";

Deno.test("the running median looks back over its window and no further", () => {
  assertEquals(runningMedian([5, 1, 3, 9, 9], 3), [5, 3, 3, 3, 9]);
});

Deno.test("the running best never falls", () => {
  assertEquals(runningBest([0.5, 0.4, 0.7, 0.6]), [0.5, 0.5, 0.7, 0.7]);
});
