import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { differentiableQuantization } from "../../../src/procedures/differentiable_quantization.ts";
import { int8 } from "../../../src/procedures/int8.ts";
import { roundTensor } from "../../../src/procedures/int8_activations.ts";
import { foldWeights, roundWeights } from "../../../src/procedures/int8_weights.ts";
import { quantiseKernels, quantized } from "../../../src/procedures/quantized.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { affineRange } from "../../../src/quantisation/affine.ts";
import { kernelsOf, kernelValues } from "../../../src/quantisation/kernels.ts";
import { train } from "../../../src/training/train.ts";
import { buildStudent } from "../../../src/training/student.ts";
import { learnedPointsRule } from "../../../src/training/rules/learned_points_rule.ts";
import { predictLogits } from "../../../src/training/evaluate.ts";
import { buildPredictor } from "../../../src/training/predictor.ts";
import {
  barTeacher,
  contextOf,
  data,
  dataset,
  reference,
  smallStudent,
  variedStudents,
} from "./compression_fixtures.ts";

const engine = await startWasmEngine();

function distinct(values: Float32Array): number {
  return new Set(values).size;
}

Deno.test("a quantised student learns, and its kernels have no more values than their bits allow", async () => {
  const teacher = await barTeacher(engine);
  for (const options of [{ bits: 2 }, { bits: 3, stochastic: true, skipEnds: true }]) {
    const context = await contextOf({ engine, teachers: [teacher] });
    const parsed = quantized.options.parse({ ...options, bucketSize: 64 });
    const result = await quantized.create(parsed).run(context);
    assert(Number(result.details.accuracy) > 0.8, JSON.stringify(result.details));
    const { parameters } = result.weights;
    for (const kernel of kernelsOf(smallStudent, parsed)) {
      const values = kernelValues(parameters, kernel);
      for (let start = 0; start < values.length; start += 64) {
        assert(distinct(values.subarray(start, start + 64)) <= 2 ** parsed.bits);
      }
    }
    assert(Number(result.details.huffmanBytes) < Number(result.details.fullBytes) / 2);
  }
  teacher.dispose();
});

Deno.test("without rounding a quantised student is the one in full precision", async () => {
  const context = await contextOf({ engine, epochs: 2 });
  const { weights } = await quantized.create(quantized.options.parse({ bits: 8, bucketSize: 1 })).run(context);
  // Buckets of one value change nothing, so the hidden weights' own Adam must do as the engine's does.
  const plain = await train(smallStudent, { ...context, distiller: createDistiller("none") });
  for (const kind of ["parameters", "statistics"] as const) {
    const largest = Math.max(...weights[kind].map((value, i) => Math.abs(value - plain.weights[kind][i])));
    assert(largest < 1e-3, `${kind} differ by ${largest}`);
  }
});

Deno.test("learned points move to where the loss is less, and weights take them", async () => {
  const context = await contextOf({ engine, epochs: 8 });
  const options = differentiableQuantization.options.parse({ bits: 1, bucketSize: 4096, pointsRate: 0.01 });
  const { weights, details } = await differentiableQuantization.create(options).run(context);
  for (const kernel of kernelsOf(smallStudent)) {
    assert(distinct(kernelValues(weights.parameters, kernel)) <= 2);
  }
  assert(Number(details.accuracy) > Number(details.uniformAccuracy) + 0.1, JSON.stringify(details));
  assert(Number(details.accuracy) > 0.8, JSON.stringify(details));
});

Deno.test("bits by gradient are told and differ between kernels", async () => {
  const context = await contextOf({ engine, epochs: 2 });
  const options = differentiableQuantization.options.parse({ bits: 4, byGradient: true });
  const { details } = await differentiableQuantization.create(options).run(context);
  const bits = details.bits as number[];
  assertEquals(bits.length, kernelsOf(smallStudent).length);
  assert(new Set(bits).size > 1, `${bits}`);
});

Deno.test("the points' gradient in a network is that of finite differences", async () => {
  const student = await buildStudent(smallStudent, { backend: engine, batchSize: 16, seed: 2 });
  const indices = data.train.subarray(0, 16);
  const images = new Float32Array(16 * 64);
  const labels = Int32Array.from(indices, (index) => dataset.train.labels[index]);
  for (const [row, index] of indices.entries()) {
    for (let i = 0; i < 64; i++) images[row * 64 + i] = dataset.train.images[index * 64 + i] / 255;
  }
  const kernel = kernelsOf(smallStudent)[1];
  const start = await student.parameters();
  const { tensors, ...rule } = await learnedPointsRule(student.network, {
    kernels: [kernel],
    bits: 1,
    bucketSize: 10_000,
    byGradient: false,
    rateFactor: 1e-4,
  });
  const lossOf = async () => {
    student.network.forward(images);
    student.network.softTargetLoss({ labels, temperature: 1, alpha: 1 });
    return await student.network.readLoss();
  };
  const before = await lossOf();
  student.network.backward();
  const quantised = await student.parameters();
  const gradient = await student.network.readGradient();
  await rule.update(1);
  const moved = await student.parameters();
  const after = await lossOf();
  // Adam's first step is the rate along each point's sign: the loss changes as the weights' gradient says.
  const expected = moved.reduce((sum, value, i) => sum + (value - quantised[i]) * gradient[i], 0);
  assert(expected < 0);
  assertAlmostEquals(after - before, expected, 0.1 * Math.abs(expected) + 1e-6);
  // Nothing but the kernel has moved.
  for (const [i, value] of moved.entries()) {
    if (i < kernel.offset || i >= kernel.offset + kernel.size) assertEquals(value, start[i]);
  }
  assertEquals(tensors()[0].levels.length, kernel.size);
  student.dispose();
});

Deno.test("folded weights give what the network gave", async () => {
  for (const architecture of [smallStudent, reference, ...variedStudents()]) {
    const weights = initialiseWeights(architecture, 3, { randomStatistics: true });
    const logits = [];
    for (const each of [weights, foldWeights(architecture, weights)]) {
      const predictor = await buildPredictor(architecture, { engine, weights: each });
      logits.push(await predictLogits(predictor, data, dataset.train, data.validation.subarray(0, 5)));
      predictor.dispose();
    }
    const largest = Math.max(1, ...logits[0].map(Math.abs));
    for (const [i, value] of logits[0].entries()) assertAlmostEquals(logits[1][i], value, 1e-4 * largest);
  }
});

Deno.test("weights of 8 bits move by at most half a level, whichever shares a range", () => {
  const weights = initialiseWeights(smallStudent, 3, { randomStatistics: true });
  const folded = foldWeights(smallStudent, weights).parameters;
  for (const granularity of ["tensor", "channel"] as const) {
    const { parameters } = roundWeights(smallStudent, weights, granularity).weights;
    for (const kernel of kernelsOf(smallStudent)) {
      const from = kernelValues(folded, kernel);
      const range = Math.max(0, ...from) - Math.min(0, ...from);
      for (const [i, value] of kernelValues(parameters, kernel).entries()) {
        assert(Math.abs(value - from[i]) <= range / 510 + 1e-6);
      }
    }
  }
});

Deno.test("8 bits cost a trained student little, in weights and in activations", async () => {
  await tf.setBackend("cpu");
  const context = await contextOf({ engine });
  for (const granularity of ["channel", "tensor"]) {
    const result = await int8.create(int8.options.parse({ granularity })).run(context);
    const { accuracy, fullPrecisionAccuracy, activationsAccuracy } = result.details as Record<string, number>;
    assert(fullPrecisionAccuracy > 0.9);
    assert(Math.abs(accuracy - fullPrecisionAccuracy) < 0.05, JSON.stringify(result.details));
    assert(Math.abs(activationsAccuracy - fullPrecisionAccuracy) < 0.1, JSON.stringify(result.details));
  }
  assertEquals(tf.getBackend(), "wasm");
});

Deno.test("int8 can be stopped while it looks at activations", async () => {
  const abort = new AbortController();
  const log = (line: string) => line.startsWith("weights of 8 bits") && abort.abort(new Error("enough"));
  const context = await contextOf({ engine, epochs: 1, signal: abort.signal, log });
  await assertRejects(() => int8.create(int8.options.parse({})).run(context), Error, "enough");
});

Deno.test("int8 frees what it made", async () => {
  const context = await contextOf({ engine, epochs: 1, architecture: reference });
  const run = () => int8.create(int8.options.parse({})).run(context);
  await run();
  const before = tf.memory().numTensors;
  await run();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("rounded activations lie on their levels", () => {
  tf.tidy(() => {
    const range = affineRange(-1, 2);
    const values = [-5, -1, -0.5, 0, 0.1234, 1.99, 9];
    const rounded = roundTensor(tf.tensor1d(values), range).dataSync();
    for (const [i, value] of values.entries()) {
      const clipped = Math.min(range.step * (255 - range.zero), Math.max(-range.step * range.zero, value));
      assertAlmostEquals(rounded[i], clipped, range.step / 2 + 1e-6);
      assertAlmostEquals(rounded[i] / range.step, Math.round(rounded[i] / range.step), 1e-3);
    }
  });
});

Deno.test("quantised kernels leave the vector that they were made from alone", () => {
  const { parameters } = initialiseWeights(smallStudent, 1);
  const copy = parameters.slice();
  const { parameters: quantised } = quantiseKernels(parameters, kernelsOf(smallStudent), { bits: 2, bucketSize: 32 });
  assertEquals(parameters, copy);
  assert(quantised.some((value, i) => value !== copy[i]));
});
