// The engine learns what tfjs's own gradient tape and optimizer learn, step by step.
import { assert, assertAlmostEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../../src/data/random.ts";
import { crossEntropy } from "../../../src/distillation/cross_entropy.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { buildTapeStudent } from "../models/tape_student.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { barDataset } from "./fixtures.ts";

const steps = 200;
const batchSize = 4;
const learningRate = 3e-3;
const { height, width, channels, classNames, train } = barDataset();

const architecture: Architecture = {
  version: 1,
  input: { height, width, channels },
  classes: classNames.length,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 4, activation: "relu6" },
    { op: "conv", inputs: [0], kernel: 1, stride: 1, filters: 8, activation: "relu6" },
    { op: "depthwiseConv", inputs: [1], kernel: 3, stride: 1, activation: "relu6" },
    { op: "squeezeExcite", inputs: [2], squeezeChannels: 2 },
    { op: "conv", inputs: [3], kernel: 1, stride: 1, filters: 4, activation: "none" },
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

function tapeLosses(seed: number): number[] {
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
  return losses;
}

async function engineLosses(seed: number): Promise<number[]> {
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
  return losses;
}

/** Mean loss of `count` steps from the step `first` on. */
function meanLoss(losses: readonly number[], first: number, count: number): number {
  return losses.slice(first, first + count).reduce((sum, loss) => sum + loss, 0) / count;
}

for (const seed of [1, 2]) {
  Deno.test(`each loss of ${steps} steps from seed ${seed} is that of tfjs`, async () => {
    await tf.setBackend("cpu");
    const [tape, ours] = [tapeLosses(seed), await engineLosses(seed)];
    // Rounding errors grow from 1e-7 to some 1e-5 on the way.
    for (const [step, loss] of tape.entries()) assertAlmostEquals(ours[step], loss, 1e-3 * loss, `step ${step}`);
    const [first, last] = [meanLoss(tape, 0, 20), meanLoss(tape, steps - 20, 20)];
    assert(last < 0.7 * first, `nothing was learned: a loss of ${first.toFixed(3)} became ${last.toFixed(3)}`);
  });
}
