import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { brokenLimit, rewardIfPerfect, scoreForeseen, scoreLatencies, scoreOf } from "../../search/scoring.ts";
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

Deno.test("latencies that were foreseen score as measured ones do", () => {
  const latenciesMs = { phone: 10, here: 2 };
  for (const combine of ["worst", "mean", "weighted"] as const) {
    assertEquals(scoreLatencies({ combine, reward: "hard" }, targets, latenciesMs, 0.5), score(combine));
  }
  assertThrows(() => scoreLatencies({ combine: "worst", reward: "hard" }, targets, { here: 1 }, 0.5), Error, "phone");
});

Deno.test("what was foreseen is worth 0 beyond the hard limit, and nothing known where it counted a device that left", () => {
  const foreseen = { what: "latencyMs" as const, value: 2, low: 1, high: 3, accuracy: 0.5 };
  const of = (latenciesMs: Record<string, number>, overLimit?: true, rest = targets) =>
    scoreForeseen({ combine: "worst", reward: "hard" }, rest, { ...foreseen, latenciesMs, overLimit });
  assertEquals(of({ phone: 10, here: 2 }), 0.25);
  assertEquals(of({ phone: 10, here: 2 }, true), 0);
  assertEquals(of({ phone: 10, here: 2 }, undefined, targets.slice(1)), undefined);
  assertEquals(of({ phone: 10, here: 2 }, true, targets.slice(1)), undefined);
});

Deno.test("a perfect student's reward goes by the latency over the devices, in milliseconds of the first", () => {
  assertEquals([0.5, 1, 4].map((ms) => rewardIfPerfect({ combine: "weighted", reward: "hard" }, targets, ms)), [
    1,
    1,
    0.25,
  ]);
  assertAlmostEquals(rewardIfPerfect({ combine: "worst", reward: "absolute" }, targets, 3), 0.86, 1e-12);
});

Deno.test("the absolute reward takes its weight from the configuration", () => {
  const config = { combine: "worst", reward: "absolute", absoluteWeight: -0.2 } as const;
  assertAlmostEquals(scoreOf(config, [targets[0]], measurements, 0.5).reward, 0.3, 1e-12);
});

Deno.test("each hard limit is kept up to its number and told in words beyond it", () => {
  const trial = { parameters: 10, multiplyAdds: 20, memoryBytes: 30, downloadBytes: 40 };
  const cases: [Parameters<typeof brokenLimit>[0], string][] = [
    [{ maxParameters: 9 }, "10 parameters, more than 9"],
    [{ maxMultiplyAdds: 19 }, "20 multiply-adds, more than 19"],
    [{ maxMemoryBytes: 29 }, "30 bytes of memory, more than 29"],
    [{ maxDownloadBytes: 39 }, "40 bytes of download, more than 39"],
  ];
  for (const [limits, reason] of cases) assertEquals(brokenLimit(limits, trial), reason);
  const kept = { maxParameters: 10, maxMultiplyAdds: 20, maxMemoryBytes: 30, maxDownloadBytes: 40, maxLatencyMs: 5 };
  assertEquals(brokenLimit(kept, trial), undefined);
  assertEquals(brokenLimit(kept, trial, { here: 5 }), undefined);
  assertEquals(brokenLimit(kept, trial, { here: 5.5 }), "5.50 ms, more than 5 ms");
  // Never "5.00 ms, more than 5 ms".
  assertEquals(brokenLimit(kept, trial, { here: 5.0001 }), "5.0001 ms, more than 5 ms");
  assertEquals(brokenLimit(kept, trial, { here: 1, phone: 50 }), "50.0 ms on phone, more than 5 ms");
});
