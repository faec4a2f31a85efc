import { assertEquals } from "@std/assert";
import { judge } from "../../../devices/protocol/judge.ts";
import { measurementSchema, PROTOCOL, type RawMeasurement } from "../../../src/schemas/measurement.ts";
import { tinyArchitecture } from "../tiny_architecture.ts";

const raw: RawMeasurement = {
  protocol: PROTOCOL,
  samplesMs: [4, 1, 3, 2, 10],
  warmupRuns: 30,
  coldStartMs: 12,
  checkLogits: [1, -2, 0.5],
  backend: "tfjs wasm",
  flags: [],
};

function judged(change: Partial<RawMeasurement>) {
  return judge({ ...raw, ...change }, {
    job: { architecture: tinyArchitecture, runtime: "tfjs-wasm", seed: 1 },
    device: { name: "phone", kind: "browser", description: "a browser" },
    referenceLogits: [1, -2, 0.5],
    measuredAt: new Date("2026-01-02T03:04:05Z"),
  });
}

Deno.test("judge() makes a whole measurement of what a device sent", () => {
  const measurement = judged({});
  assertEquals(measurementSchema.parse(measurement), measurement);
  assertEquals(measurement.medianMs, 3);
  assertEquals(measurement.outputDifference, 0);
  assertEquals(measurement.valid, true);
  assertEquals(measurement.measuredAt, "2026-01-02T03:04:05.000Z");
});

Deno.test("judge() accepts a difference within the tolerance of the largest logit, and no more", () => {
  // The largest logit is 2, the tolerance of wasm a thousandth of it.
  assertEquals(judged({ checkLogits: [1.0019, -2, 0.5] }).valid, true);
  const off = judged({ checkLogits: [1.0021, -2, 0.5] });
  assertEquals([off.valid, off.flags], [false, ["output-differs"]]);
});

Deno.test("judge() refuses missing logits", () => {
  const measurement = judged({ checkLogits: [], flags: ["output-not-finite"] });
  assertEquals(measurement.outputDifference, Number.MAX_VALUE);
  assertEquals(measurement.flags, ["output-not-finite", "output-differs"]);
  assertEquals(measurement.valid, false);
  assertEquals(measurementSchema.parse(measurement), measurement);
});

Deno.test("judge() tells doubts that invalidate from those that do not", () => {
  const valid = (...flags: string[]) => judged({ flags }).valid;
  assertEquals(valid("unsteady", "coarse-clock"), true);
  assertEquals(valid("hidden-page"), false);
  assertEquals(valid("software-adapter"), false);
  assertEquals(valid("a flag of a later version"), false);
});
