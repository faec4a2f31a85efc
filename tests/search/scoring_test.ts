import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { scoreOf } from "../../search/scoring.ts";
import { madeUpMeasurement } from "./measurements.ts";

const targets = [{ device: "here", targetMs: 1, weight: 1 }, { device: "phone", targetMs: 20, weight: 3 }];
const measurements = [madeUpMeasurement("phone", 10), madeUpMeasurement("here", 2)];
const score = (combine: "worst" | "mean" | "weighted", of = targets) =>
  scoreOf({ combine, reward: "hard" }, of, measurements, 0.5);

Deno.test("each device counts by its own target, whatever the order of the measurements", () => {
  // Ratios to the targets: here 2, phone 0.5.
  assertEquals(score("worst"), { latencyMs: 2, reward: 0.25 });
  assertEquals(score("mean").latencyMs, 1.25);
  assertEquals(score("weighted").latencyMs, 0.875);
  assertAlmostEquals(score("mean").reward, 0.5 / 1.25, 1e-12);
  assertEquals(score("weighted").reward, 0.5);
});

Deno.test("a device that left does not count, and one that stays alone counts in its own milliseconds", () => {
  assertEquals(score("worst", targets.slice(1)), { latencyMs: 10, reward: 0.5 });
});

Deno.test("the drift-corrected latency counts, not the median", () => {
  const drifted = madeUpMeasurement("here", 1, { medianMs: 1.4 });
  assertEquals(scoreOf({ combine: "worst", reward: "hard" }, [targets[0]], [drifted], 0.5).latencyMs, 1);
});

Deno.test("a missing or doubtful measurement is no number", () => {
  const three = [...targets, { device: "tablet", targetMs: 1, weight: 1 }];
  assertThrows(() => score("worst", three), Error, 'no latency on device "tablet"');
  const doubtful = madeUpMeasurement("here", 1, { valid: false });
  assertThrows(
    () => scoreOf({ combine: "worst", reward: "hard" }, [targets[0]], [doubtful], 0.5),
    Error,
    'no latency on device "here"',
  );
});
