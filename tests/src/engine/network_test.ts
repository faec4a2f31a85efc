// Whole networks of the project's ops through the engine: gradients on every backend, and what a long training leaves.
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { startBackend } from "../../../src/engine/backend.ts";
import { registerKernels } from "../../../src/engine/wasm/register_kernels.ts";
import { testWith } from "../../require.ts";
import { createTraining, stepOn } from "./every_op_network.ts";
import { assertClose, type Values } from "./numeric.ts";
import { onWebGpu } from "./webgpu_process.ts";

function heapBytes(): number {
  const { wasm } = tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } };
  return wasm.HEAPU8.length;
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
  fn: async () => assertSameStep((await onWebGpu()).step, await stepOn("cpu")),
});
