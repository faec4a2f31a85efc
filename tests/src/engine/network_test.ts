// Whole networks of the project's ops through the engine: gradients on every backend, and what a long training leaves.
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { crossEntropy } from "../../../src/distillation/cross_entropy.ts";
import { startBackend } from "../../../src/engine/backend.ts";
import { registerKernels } from "../../../src/engine/wasm/register_kernels.ts";
import { buildStudent } from "../../../src/models/student.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { Adam } from "../../../src/training/adam.ts";
import { testWith } from "../../require.ts";
import { assertClose, type Values, values } from "./numeric.ts";

// Every op of the vocabulary, with channel counts that are no multiples of eight.
const architecture: Architecture = {
  version: 1,
  input: { height: 9, width: 7, channels: 3 },
  classes: 4,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 6, activation: "relu6" },
    { op: "conv", inputs: [0], kernel: 1, stride: 1, filters: 18, activation: "relu" },
    { op: "depthwiseConv", inputs: [1], kernel: 5, stride: 1, activation: "relu6" },
    { op: "squeezeExcite", inputs: [2], squeezeChannels: 3 },
    { op: "conv", inputs: [3], kernel: 1, stride: 1, filters: 6, activation: "none" },
    { op: "add", inputs: [0, 4] },
    { op: "averagePool", inputs: [5], kernel: 3, stride: 2 },
    { op: "depthwiseConv", inputs: [6], kernel: 3, stride: 2, activation: "none" },
    { op: "globalAveragePool", inputs: [7] },
    { op: "dense", inputs: [8], units: 4 },
  ],
};
const batchSize = 5;

function createTraining() {
  const student = buildStudent(architecture, { seed: 3 });
  const adam = new Adam(student.layout.parameterCount);
  const images = values([batchSize, 9, 7, 3], 5);
  const pixels = tf.tensor4d(images.data, [batchSize, 9, 7, 3]);
  const labels = tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d([0, 1, 2, 3, 0], "int32"), 4), "float32") as tf.Tensor2D);
  const gradients = () => student.step(pixels, ({ logits }) => crossEntropy(labels, logits));
  return {
    student,
    gradients,
    step(): void {
      const result = gradients();
      student.update(adam.update(student.parameters, result.gradient, 1e-3), result.batchStatistics);
      tf.dispose([result.loss, result.gradient, result.batchStatistics]);
    },
    dispose(): void {
      tf.dispose([pixels, labels]);
      adam.dispose();
      student.dispose();
    },
  };
}

function heapBytes(): number {
  const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  return wasm.HEAPU8.length;
}

async function stepOn(backend: "cpu" | "wasm" | "webgpu"): Promise<Values[]> {
  await startBackend(backend);
  const training = createTraining();
  const { loss, gradient, batchStatistics } = training.gradients();
  const results: Values[] = [];
  for (const tensor of [loss, gradient, batchStatistics]) {
    results.push({ shape: tensor.shape, data: await tensor.data() as Float32Array });
  }
  tf.dispose([loss, gradient, batchStatistics]);
  training.dispose();
  return results;
}

function assertSameStep(actual: Values[], expected: Values[]): void {
  for (const [index, what] of ["loss", "gradient", "batch statistics"].entries()) {
    assertClose(actual[index], expected[index], { tolerance: 1e-4, what });
  }
}

Deno.test("a network of every op has the same step on wasm as on cpu", async () => {
  assertSameStep(await stepOn("wasm"), await stepOn("cpu"));
});

Deno.test("plain SIMD gives the same step as relaxed SIMD", async () => {
  await startBackend("wasm");
  const backend = tf.backend() as BackendWasm;
  const training = createTraining();
  const gradients: Values[] = [];
  for (const variant of ["relaxed", "simd"] as const) {
    assertEquals(await registerKernels(backend, { variant }), variant);
    const { loss, gradient, batchStatistics } = training.gradients();
    gradients.push({ shape: gradient.shape, data: await gradient.data() as Float32Array });
    tf.dispose([loss, gradient, batchStatistics]);
  }
  training.dispose();
  assertClose(gradients[1], gradients[0], { tolerance: 1e-5 });
});

Deno.test("the same training twice gives the same bits", async () => {
  await startBackend("wasm");
  const weights: Uint8Array[] = [];
  for (let time = 0; time < 2; time++) {
    const training = createTraining();
    for (let step = 0; step < 20; step++) training.step();
    const { parameters, statistics } = await training.student.weights();
    weights.push(new Uint8Array(parameters.buffer), new Uint8Array(statistics.buffer));
    training.dispose();
  }
  assertEquals(weights.slice(2), weights.slice(0, 2));
});

Deno.test("1,000 steps leave as many tensors and as large a heap as there were", async () => {
  await startBackend("wasm");
  const before = tf.memory().numTensors;
  const training = createTraining();
  for (let step = 0; step < 10; step++) training.step();
  const { numTensors, numBytes } = tf.memory();
  const heapBefore = heapBytes();
  for (let step = 0; step < 1000; step++) training.step();
  assertEquals([tf.memory().numTensors, tf.memory().numBytes], [numTensors, numBytes]);
  assertEquals(heapBytes(), heapBefore);
  training.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("the kernels follow the heap when it grows", async () => {
  await startBackend("wasm");
  const training = createTraining();
  const read = async () => {
    const { loss, gradient, batchStatistics } = training.gradients();
    const data = await gradient.data();
    tf.dispose([loss, gradient, batchStatistics]);
    return data;
  };
  const before = await read();
  const heapBefore = heapBytes();
  const large = tf.zeros([heapBefore / 4]);
  assert(heapBytes() > heapBefore, "the heap did not grow");
  assertEquals(await read(), before);
  large.dispose();
  training.dispose();
});

await testWith({
  name: "a network of every op has the same step on webgpu as on cpu",
  needs: "vulkan",
  fn: async () => assertSameStep(await stepOn("webgpu"), await stepOn("cpu")),
});
