import * as tf from "@tensorflow/tfjs";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { measure } from "../../../devices/protocol/measure.ts";
import { searchTiming } from "../../../devices/protocol/timing.ts";
import { setBackend } from "../../../devices/runtimes/set_backend.ts";
import { startTfjsWasm } from "../../../devices/runtimes/tfjs_wasm.ts";
import { prepareCandidate } from "../../../devices/protocol/candidate.ts";
import { rawMeasurementSchema } from "../../../src/schemas/measurement.ts";
import { tinyArchitecture } from "../tiny_architecture.ts";

const job = { id: "1", architecture: tinyArchitecture, runtime: "tfjs-wasm" as const, seed: 5 };
const environment = {
  clock: () => performance.now(),
  rest: () => new Promise<void>((resolve) => setTimeout(resolve, 0)),
};
const shortPlan = {
  ...searchTiming,
  warmUp: { ...searchTiming.warmUp, minimumMs: 10, maximumMs: 50, windowMs: 5 },
  sampling: { ...searchTiming.sampling, durationMs: 30 },
};

Deno.test("measure() times a network on wasm, answers as the cpu backend does, and leaves no tensor behind", async () => {
  const runtime = await startTfjsWasm();
  const tensors = tf.memory().numTensors;
  const raw = await measure(job, runtime, environment, shortPlan);
  assertEquals(tf.memory().numTensors, tensors);
  assertEquals(rawMeasurementSchema.parse(raw), raw);
  assert(raw.samplesMs.length >= 30);

  await setBackend("cpu");
  const candidate = prepareCandidate(job)();
  const logits = candidate.predict();
  const expected = await logits.data();
  tf.dispose(logits);
  candidate.dispose();
  assertEquals(tf.memory().numTensors, tensors);
  raw.checkLogits.forEach((logit, index) => assertAlmostEquals(logit, expected[index], 1e-5));
});

Deno.test("measure() flags an output that is not finite, and an emulated GPU", async () => {
  const runtime = {
    backend: "broken",
    softwareAdapter: true,
    read: () => Promise.resolve(Float32Array.of(1, NaN, 2)),
  };
  await setBackend("cpu");
  const raw = await measure(job, runtime, environment, shortPlan);
  assertEquals(raw.checkLogits, []);
  assert(raw.flags.includes("output-not-finite") && raw.flags.includes("software-adapter"), raw.flags.join());
});
