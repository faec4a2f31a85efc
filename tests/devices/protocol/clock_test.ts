import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { measureClockTick, requireFineClock } from "../../../devices/protocol/clock.ts";

/** A clock that is read every 0.2 us and shows multiples of `tickMs`. */
function coarseClock(tickMs: number): () => number {
  let reads = 0;
  return () => Math.floor(reads++ * 0.0002 / tickMs) * tickMs;
}

for (const tickMs of [0.005, 0.02, 0.1, 1, 20, 100]) {
  Deno.test(`measureClockTick() finds a tick of ${tickMs} ms`, () => {
    assertAlmostEquals(measureClockTick(coarseClock(tickMs)), tickMs, tickMs / 1000);
  });
}

Deno.test("measureClockTick() finds the shortest step of a clock that jumps now and then", () => {
  const clock = coarseClock(0.1);
  let reads = 0;
  assertAlmostEquals(measureClockTick(() => clock() + (reads++ > 1200 ? 40 : 0)), 0.1, 1e-6);
});

Deno.test("requireFineClock() refuses clocks that are too coarse or stand still", () => {
  assertAlmostEquals(requireFineClock(coarseClock(20)), 20, 0.1);
  assertThrows(
    () => requireFineClock(coarseClock(25)),
    Error,
    "The clock ticks every 25 ms; timing needs 20 ms or finer",
  );
  assertEquals(measureClockTick(() => 7), Infinity);
  assertThrows(() => requireFineClock(() => 7), Error, "The clock stands still");
});
