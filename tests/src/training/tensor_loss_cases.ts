// Losses written in tfjs go the whole way: network, tfjs, network; checked against tfjs's own gradient tape and against the
// engine's own loss. On any engine: tensor_loss_test.ts binds them.
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../../src/data/random.ts";
import { crossEntropy } from "../../../src/distillation/cross_entropy.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import type { Engine } from "../../../src/engine/network.ts";
import { buildTapeStudent } from "../models/tape_student.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createDistillationLoss } from "../../../src/training/distillation_loss.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { buildStudent } from "../../../src/training/student.ts";
import { TensorLoss } from "../../../src/training/tensor_loss.ts";
import { tapsOf } from "../../../src/distillation/taps.ts";
import { logitsTeacher } from "../../../src/teachers/logits_teacher.ts";

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
function hints(outputs: Record<string, tf.Tensor>, target: Float32Array): tf.Scalar {
  const { stage1, embedding, logits } = outputs;
  const hint = tf.mean(tf.square(tf.sub(stage1, tf.tensor(target, stage1.shape))));
  const hot = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), 3), "float32");
  return tf.addN([crossEntropy(hot, logits), tf.mul(hint, 3), tf.mean(tf.square(embedding))]);
}

async function matchesTape(engine: Engine): Promise<void> {
  const weights = initialiseWeights(architecture, 5);
  const images = normal(batchSize * 60, 1);
  const target = normal(batchSize * 3 * 3 * 6, 2);
  const features = ["stage1", "embedding"];
  const student = await buildStudent(architecture, { backend: engine, batchSize, seed: 1, weights, features });
  const loss = await TensorLoss.start(student, {
    ports: ["logits", ...features],
    loss: (outputs) => hints(outputs, target),
  });
  const before = tf.memory().numTensors;
  let actual: { value: number; gradient: Float32Array } = { value: 0, gradient: new Float32Array() };
  // Twice, since the first step must leave nothing behind that the second one meets.
  for (let step = 0; step < 2; step++) {
    student.network.forward(images);
    loss.backward({}, 0);
    actual = { value: (await loss.read())[0], gradient: await student.network.readGradient() };
    loss.endStep(0);
    assertEquals(tf.memory().numTensors, before);
  }

  await tf.setBackend("cpu");
  const tape = buildTapeStudent(architecture, { weights });
  const expected = tape.step(
    tf.tensor4d(images, [batchSize, 6, 5, 2]),
    ({ logits, features }) => hints({ logits, ...features }, target),
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

async function trainsVariables(engine: Engine): Promise<void> {
  const student = await buildStudent(architecture, { backend: engine, batchSize, seed: 1, features: ["embedding"] });
  await startTensors(engine);
  const atStart = tf.memory().numTensors;
  const connector = tf.tidy(() => tf.variable(tf.ones([5, 2]))) as tf.Variable<tf.Rank.R2>;
  const seen: number[] = [];
  const loss = await TensorLoss.start<{ target: number }>(student, {
    ports: ["embedding"],
    variables: [connector],
    loss: ({ embedding }, { target }) =>
      tf.mean(tf.square(tf.sub(tf.matMul(embedding as tf.Tensor2D, connector), target))),
    afterStep: ({ embedding }, { target }) => void seen.push(embedding.size, target),
  });
  const values: number[] = [];
  for (let step = 0; step < 30; step++) {
    student.network.forward(normal(batchSize * 60, 1));
    loss.backward({ target: 7 }, 0);
    values.push((await loss.read())[0]);
    loss.endStep(0.1);
  }
  const after = tf.memory().numTensors;
  student.network.forward(normal(batchSize * 60, 1));
  loss.backward({ target: 7 }, 0);
  await loss.read();
  loss.endStep(0.1);
  assertEquals(tf.memory().numTensors, after);
  assertEquals(seen.slice(0, 2), [batchSize * 5, 7]);
  // The network was not updated: the connector alone has learned.
  assert(values[29] < 0.2 * values[0], `losses ${values[0]} to ${values[29]}`);
  loss.dispose();
  connector.dispose();
  assertEquals(tf.memory().numTensors, atStart);
  student.dispose();
}

async function matchesOwnLoss(engine: Engine, name: "none" | "kd"): Promise<void> {
  const student = await buildStudent(architecture, { backend: engine, batchSize, seed: 1 });
  const distiller = createDistiller(name);
  const taps = tapsOf(architecture);
  const { phases: [phase] } = await distiller.prepare({
    task: "classification",
    student: taps,
    teachers: [taps],
    batchSize,
    trainImages: batchSize,
    labels,
    seed: 1,
    trainingOutputs: () => Promise.reject(new Error("not read")),
  });
  const teachers = distiller.needs.length ? [{ logits: normal(batchSize * 3, 4), features: {} }] : [];
  const teacher = logitsTeacher({
    name: "t",
    hash: "0",
    classes: 3,
    read: () => Promise.reject(new Error("not read")),
  });
  const images = normal(batchSize * 60, 1);
  const positions = Uint32Array.from(labels.keys());
  const batch = { images, labels, teachers, positions, indices: positions, view: 0, epoch: 0 };
  const results = [];
  for (const softTargets of [phase.softTargets, undefined]) {
    const loss = await createDistillationLoss(student, { ...phase, softTargets }, [teacher]);
    student.network.forward(images);
    await loss.backward(batch, 0);
    results.push({ value: (await loss.read())[0], gradient: await student.network.readGradient() });
    loss.endStep(0);
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
  {
    name: "variables beside the network are trained, and what comes after a step sees its outputs",
    fn: trainsVariables,
  },
  // The last, since it leaves tfjs on its cpu backend.
  { name: "a loss over features gives the parameter gradient of the gradient tape", fn: matchesTape },
];
