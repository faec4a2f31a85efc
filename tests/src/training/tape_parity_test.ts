// After 200 steps the engine has learned as much as tfjs's own gradient tape and optimizer.
import { assert } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../../src/data/random.ts";
import { crossEntropy } from "../../../src/distillation/cross_entropy.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { buildTapeStudent } from "../../../src/models/tape_student.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { barDataset } from "./fixtures.ts";

const steps = 200;
const lastSteps = 50;
const batchSize = 8;
const learningRate = 3e-3;
const { height, width, channels, classNames, train } = barDataset();

const architecture: Architecture = {
  version: 1,
  input: { height, width, channels },
  classes: classNames.length,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 6, activation: "relu6" },
    { op: "conv", inputs: [0], kernel: 1, stride: 1, filters: 12, activation: "relu6" },
    { op: "depthwiseConv", inputs: [1], kernel: 3, stride: 1, activation: "relu6" },
    { op: "squeezeExcite", inputs: [2], squeezeChannels: 3 },
    { op: "conv", inputs: [3], kernel: 1, stride: 1, filters: 6, activation: "none" },
    { op: "add", inputs: [4, 0] },
    { op: "globalAveragePool", inputs: [5] },
    { op: "dense", inputs: [6], units: classNames.length },
  ],
};

/** Batches of noisy images, a fifth of them with a random label, so that the loss does not end at zero. */
function* batches(): Generator<{ images: Float32Array; labels: Int32Array }> {
  const random = new Random(7);
  const pixels = height * width * channels;
  for (let step = 0; step < steps; step++) {
    const images = new Float32Array(batchSize * pixels);
    const labels = new Int32Array(batchSize);
    for (let row = 0; row < batchSize; row++) {
      const image = random.integer(train.count);
      for (let i = 0; i < pixels; i++) images[row * pixels + i] = train.images[image * pixels + i] / 128 - 1;
      labels[row] = random.next() < 0.2 ? random.integer(classNames.length) : train.labels[image];
    }
    yield { images, labels };
  }
}

function meanOfLast(losses: readonly number[]): number {
  return losses.slice(-lastSteps).reduce((sum, loss) => sum + loss, 0) / lastSteps;
}

function tapeLoss(seed: number): number {
  const student = buildTapeStudent(architecture, { seed });
  const optimizer = tf.train.adam(learningRate, 0.9, 0.999, 1e-8);
  const parameters = tf.variable(student.parameters);
  const losses: number[] = [];
  for (const { images, labels } of batches()) {
    const { loss, gradient, batchStatistics } = tf.tidy(() => {
      const pixels = tf.tensor4d(images, [batchSize, height, width, channels]);
      const targets = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), classNames.length), "float32") as tf.Tensor2D;
      return student.step(pixels, ({ logits }) => crossEntropy(targets, logits));
    });
    losses.push(loss.dataSync()[0]);
    optimizer.applyGradients([{ name: parameters.name, tensor: gradient }]);
    student.update(tf.clone(parameters) as tf.Tensor1D, batchStatistics);
    tf.dispose([loss, gradient, batchStatistics]);
  }
  tf.dispose(parameters);
  optimizer.dispose();
  student.dispose();
  return meanOfLast(losses);
}

async function engineLoss(seed: number): Promise<number> {
  const engine = await startWasmEngine();
  const weights = initialiseWeights(architecture, seed);
  const network = await engine.compile(architecture, { batchSize, mode: "training", weights });
  const losses: number[] = [];
  for (const { images, labels } of batches()) {
    network.forward(images);
    network.softTargetLoss({ labels, temperature: 1, alpha: 1 });
    losses.push(await network.readLoss());
    network.backward();
    network.update(learningRate);
  }
  engine.dispose();
  return meanOfLast(losses);
}

Deno.test("the loss after 200 steps lies within the range of five trainings in tfjs", async () => {
  await tf.setBackend("cpu");
  const seeds = [1, 2, 3, 4, 5];
  const tape = seeds.map(tapeLoss);
  const ours = await Promise.all(seeds.map(engineLoss));
  const median = ours.sort((a, b) => a - b)[2];
  const range = `tfjs ${Math.min(...tape).toFixed(3)} to ${Math.max(...tape).toFixed(3)}`;
  assert(median >= Math.min(...tape) && median <= Math.max(...tape), `${median.toFixed(3)} is not within ${range}`);
});
