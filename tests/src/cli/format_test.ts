import { assertEquals } from "@std/assert";
import {
  formatCount,
  formatDuration,
  formatMilliseconds,
  formatNumberOf,
  formatPercent,
} from "../../../src/cli/format.ts";

Deno.test("shares are percentages with one decimal", () => {
  assertEquals([0, 0.7314, 1].map(formatPercent), ["0.0 %", "73.1 %", "100.0 %"]);
});

Deno.test("latencies have three significant digits", () => {
  assertEquals([0.8123, 1.834, 18.34, 183.4].map(formatMilliseconds), ["0.812", "1.83", "18.3", "183"]);
});

Deno.test("counts have three significant digits, also where rounding reaches the next unit", () => {
  const counts = [0, 950, 999, 1_000, 16_586, 999_499, 999_600, 4_383_312, 314_400_000, 1_020_000_000];
  const words = ["0", "950", "999", "1.00 k", "16.6 k", "999 k", "1.00 M", "4.38 M", "314 M", "1.02 G"];
  assertEquals(counts.map(formatCount), words);
});

Deno.test("durations have at most two units, also where rounding reaches the next one", () => {
  const seconds = [0, 8.4, 59.6, 60, 192, 3599.6, 7500, 86_399];
  assertEquals(seconds.map(formatDuration), ["0 s", "8 s", "1 min", "1 min", "3 min 12 s", "1 h", "2 h 5 min", "24 h"]);
});

Deno.test("a number of things is said in words for none and in the singular for one", () => {
  assertEquals([0, 1, 2].map((count) => formatNumberOf(count, "trial")), ["no trials", "1 trial", "2 trials"]);
});
