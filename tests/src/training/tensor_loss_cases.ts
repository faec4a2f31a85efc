// Losses written in tfjs go the whole way: network, tfjs, network; checked against tfjs's own gradient tape and against the
// engine's own loss. On any engine: tensor_loss_test.ts binds them.
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../../src/data/random.ts";
import { crossEntropy } from "../../../src/distillation/cross_entropy.ts";
import type { DistillationBatch, Distiller } from "../../../src/distillation/distiller.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import type { Engine } from "../../../src/engine/network.ts";
import { buildTapeStudent } from "../models/tape_student.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createStepLoss } from "../../../src/training/step_loss.ts";
import { buildStudent } from "../../../src/training/student.ts";

const architecture: Architecture = {
  version: 1,
  input: { height: 6, width: 5, channels: 2 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 6, activation: "relu6" },
    { op: "depthwiseConv", inputs: [0], kernel: 3, stride: 2, activation: "relu", tap: "stage1" },
    { op: "conv", inputs: [1], kernel: 1, stride: 1, filters: 5, activation: "relu6", tap: "stage2" },
    { op: "globalAveragePool", inputs: [2], tap: "embedding" },
    { op: "dense", inputs: [3], units: 3 },
  ],
};
const batchSize = 4;
const labels = Int32Array.of(0, 1, 2, 1);

function normal(length: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.normal());
}

/** FitNets' hint (1412.6550) towards constants on the middle stage and the embedding, beside the labels. */
function hints(target: Float32Array): Distiller {
  return {
    name: "hints",
    needs: [],
    studentFeatures: ["stage1", "embedding"],
    loss({ studentLogits, studentFeatures, labels }: DistillationBatch) {
      const { stage1, embedding } = studentFeatures;
      const hint = tf.mean(tf.square(tf.sub(stage1, tf.tensor(target, stage1.shape))));
      return tf.addN([crossEntropy(labels, studentLogits), tf.mul(hint, 3), tf.mean(tf.square(embedding))]);
    },
  };
}

async function matchesTape(engine: Engine): Promise<void> {
  const weights = initialiseWeights(architecture, 5);
  const images = normal(batchSize * 60, 1);
  const distiller = hints(normal(batchSize * 3 * 3 * 6, 2));
  const student = await buildStudent(architecture, {
    backend: engine,
    batchSize,
    seed: 1,
    weights,
    features: distiller.studentFeatures,
  });
  const loss = await createStepLoss(student, distiller);
  const before = tf.memory().numTensors;
  let actual: { value: number; gradient: Float32Array } = { value: 0, gradient: new Float32Array() };
  // Twice, since the first step must leave nothing behind that the second one meets.
  for (let step = 0; step < 2; step++) {
    student.network.forward(images);
    loss.backward({ labels });
    actual = { value: (await loss.read())[0], gradient: await student.network.readGradient() };
    loss.endStep();
    assertEquals(tf.memory().numTensors, before);
  }

  await tf.setBackend("cpu");
  const tape = buildTapeStudent(architecture, { weights });
  const expected = tape.step(
    tf.tensor4d(images, [batchSize, 6, 5, 2]),
    ({ logits, features }) =>
      distiller.loss({
        studentLogits: logits,
        studentFeatures: features,
        labels: tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), 3), "float32") as tf.Tensor2D,
      }),
  );
  assert(Math.abs(actual.value - expected.loss.dataSync()[0]) < 1e-4, `loss ${actual.value}`);
  const reference = expected.gradient.dataSync();
  const largest = Math.max(...reference.map(Math.abs));
  const difference = Math.max(...reference.map((entry, index) => Math.abs(entry - actual.gradient[index])));
  assert(largest > 1e-2 && difference < 1e-4 * largest, `differs by ${difference} of ${largest}`);
  tape.dispose();
  tf.dispose(Object.values(expected));
  loss.dispose();
  student.dispose();
}

async function matchesOwnLoss(engine: Engine, name: "none" | "kd"): Promise<void> {
  const student = await buildStudent(architecture, { backend: engine, batchSize, seed: 1 });
  const distiller = createDistiller(name);
  const targets = { labels, teacherLogits: distiller.needs.length ? normal(batchSize * 3, 4) : undefined };
  const results = [];
  for (const softTargets of [distiller.softTargets, undefined]) {
    const loss = await createStepLoss(student, { ...distiller, softTargets });
    student.network.forward(normal(batchSize * 60, 1));
    loss.backward(targets);
    results.push({ value: (await loss.read())[0], gradient: await student.network.readGradient() });
    loss.endStep();
    loss.dispose();
  }
  const [own, expression] = results;
  assert(Math.abs(own.value - expression.value) < 1e-5 * Math.abs(own.value), `${own.value}, ${expression.value}`);
  const largest = Math.max(...own.gradient.map(Math.abs));
  const difference = Math.max(...own.gradient.map((entry, index) => Math.abs(entry - expression.gradient[index])));
  assert(largest > 1e-2 && difference < 1e-4 * largest, `differs by ${difference} of ${largest}`);
  student.dispose();
}

export const tensorLossCases: { name: string; fn(engine: Engine): Promise<void> }[] = [
  ...(["none", "kd"] as const).map((name) => ({
    name: `the engine's own loss is the tfjs expression of ${name}, in value and gradient`,
    fn: (engine: Engine) => matchesOwnLoss(engine, name),
  })),
  // The last, since it leaves tfjs on its cpu backend.
  { name: "a loss over features gives the parameter gradient of the gradient tape", fn: matchesTape },
];
