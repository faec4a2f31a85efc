// One network of every op of the vocabulary, and a training step of it on any backend.
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "../../../src/distillation/cross_entropy.ts";
import { startBackend } from "../../../src/engine/backend.ts";
import { buildStudent } from "../../../src/models/student.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { Adam } from "../../../src/training/adam.ts";
import { type Values, values } from "./numeric.ts";

// With channel counts that are no multiples of eight.
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

/** The network in training; the caller disposes it. */
export function createTraining() {
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

/** Loss, gradient and batch statistics of one step on `backend`. */
export async function stepOn(backend: "cpu" | "wasm" | "webgpu"): Promise<Values[]> {
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
