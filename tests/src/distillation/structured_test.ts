import { assert, assertAlmostEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { DistillationBatch } from "../../../src/distillation/distiller.ts";
import { pairLoss, structured } from "../../../src/distillation/structured.ts";
import {
  assertTermGradient,
  disposeBatch,
  madeBatch,
  madeContext,
  madeTaps,
  randomTensor,
  termValue,
  withDistillation,
} from "./loss_checks.ts";

await tf.setBackend("cpu");

const context = madeContext({
  task: "segmentation",
  batchSize: 2,
  student: madeTaps([[4, 4, 3], [5, 5, 4]]),
  teachers: [madeTaps([[8, 8, 5], [4, 4, 6]])],
});
const outputs = { logits: [2, 8, 8, 3] };
const depths = { logDepth: [2, 8, 8, 1] };
const targets = () => ({ image: randomTensor([2, 8, 8, 1], 8) });

function feature(height: number, channels: number, seed: number): tf.Tensor4D {
  return randomTensor([2, height, height, channels], seed) as tf.Tensor4D;
}

const value = (loss: tf.Scalar) => loss.dataSync()[0];

Deno.test("the pixel term is 0 for equal maps and the mean divergence of the pixels else", async () => {
  const options = structured.options.parse({ pixelWeight: 1, pairWeight: 0, holisticWeight: 0 });
  await withDistillation(structured.create(options), context, ({ phases: [phase] }) => {
    const logits = tf.tensor4d([1, 2, 3, 4].map(Math.log), [1, 1, 2, 2]);
    const other = tf.tensor4d([2, 1, 3, 4].map(Math.log), [1, 1, 2, 2]);
    const batch = (student: tf.Tensor, teacher: tf.Tensor): DistillationBatch => ({
      student: { outputs: { logits: student }, features: {} },
      teachers: [{ outputs: { logits: teacher }, features: {} }],
      targets: {},
      positions: new Uint32Array(1),
      progress: 0,
    });
    assertAlmostEquals(termValue(phase, batch(logits, logits)), 0, 1e-6);
    // One pixel of (1/3, 2/3) against (2/3, 1/3), one equal.
    const divergence = 1 / 3 * Math.log(1 / 2) + 2 / 3 * Math.log(2);
    assertAlmostEquals(termValue(phase, batch(logits, other)), divergence / 2, 1e-6);
    tf.dispose([logits, other]);
  });
});

Deno.test("the pair term does not see a pixel's scale or a rotation of the channels where each pixel is a node", () => {
  tf.tidy(() => {
    const student = feature(3, 2, 1);
    const teacher = feature(3, 4, 2);
    const plain = value(pairLoss(student, teacher, [3, 3]));
    assert(plain > 0.05, `the loss of random features is ${plain}`);
    const scales = tf.exp(randomTensor([2, 3, 3, 1], 3));
    assertAlmostEquals(value(pairLoss(tf.mul(student, scales), teacher, [3, 3])), plain, 1e-5);
    const rotation = tf.tensor2d([[Math.cos(1), -Math.sin(1)], [Math.sin(1), Math.cos(1)]]);
    const rotated = tf.reshape(tf.matMul(tf.reshape(student, [-1, 2]), rotation), student.shape) as tf.Tensor4D;
    assertAlmostEquals(value(pairLoss(rotated, teacher, [3, 3])), plain, 1e-5);
    assertAlmostEquals(value(pairLoss(student, student, [3, 3])), 0, 1e-6);
  });
});

Deno.test("the pair term compares cosines of the largest values of patches", () => {
  tf.tidy(() => {
    // Patches of the student have the largest values (1, 0), (0, 1), the teacher's (1, 0), (1, 0).
    const student = tf.tensor4d([1, 0, 0, -1, 0, 1, -1, 0], [1, 1, 4, 2]);
    const teacher = tf.tensor4d([1, 0, 1, 0], [1, 1, 2, 2]);
    // Of four pairs two have the cosine 0 in place of 1.
    assertAlmostEquals(value(pairLoss(student, teacher, [1, 2])), 0.5, 1e-5);
  });
});

for (const conditioned of [false, true]) {
  Deno.test(`structured's gradient agrees with differences, critic ${conditioned ? "conditioned" : "on maps alone"}`, async () => {
    const distiller = structured.create(structured.options.parse({ conditioned, grid: 3 }));
    await withDistillation(distiller, context, ({ phases: [phase] }) => {
      const batch = madeBatch(context, phase, { outputs, targets: targets() });
      assertTermGradient(phase, batch);
      disposeBatch(batch);
    });
  });
}

Deno.test("structured's gradient agrees with differences on depths", async () => {
  const distiller = structured.create(structured.options.parse({}));
  await withDistillation(distiller, { ...context, task: "depth" }, ({ phases: [phase] }) => {
    const batch = madeBatch(context, phase, { outputs: depths, targets: targets() });
    assertTermGradient(phase, batch);
    disposeBatch(batch);
  });
});

Deno.test("the critic learns between the steps and frees what it made", async () => {
  const options = structured.options.parse({
    pixelWeight: 0,
    pairWeight: 0,
    holisticWeight: 1,
    criticLearningRate: 1e-3,
  });
  await withDistillation(structured.create(options), context, ({ phases: [phase] }) => {
    const batch = madeBatch(context, phase, { outputs, targets: targets() });
    const before = termValue(phase, batch);
    tf.tidy(() => phase.afterStep?.(batch));
    const tensors = tf.memory().numTensors;
    for (let step = 0; step < 10; step++) tf.tidy(() => phase.afterStep?.(batch));
    assert(tf.memory().numTensors === tensors, "a step keeps tensors");
    // The student's maps look less and less like the teacher's.
    const after = termValue(phase, batch);
    assert(after > before + 0.1, `the student's loss went from ${before} to ${after}`);
    disposeBatch(batch);
  });
});

Deno.test("structured asks for a map", async () => {
  await withDistillation(structured.create(structured.options.parse({})), context, ({ phases: [phase] }) => {
    const batch = madeBatch(context, phase, { outputs: { logits: [2, 3] }, targets: targets() });
    assertThrows(() => termValue(phase, batch), RangeError, "a map per pixel, logits or logDepth, of the student");
    disposeBatch(batch);
  });
});
