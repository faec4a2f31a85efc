import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { detection } from "../../../src/distillation/detection.ts";
import {
  boundedBoxLoss,
  detectorParts,
  smoothBoxLoss,
  softClassLoss,
} from "../../../src/distillation/detection_losses.ts";
import {
  assertTermGradient,
  disposeBatch,
  madeBatch,
  madeContext,
  madeTaps,
  termValue,
  withDistillation,
} from "./loss_checks.ts";

await tf.setBackend("cpu");

const [batch, cells, classes] = [2, 3, 4];

function targets(): Record<string, tf.Tensor> {
  return {
    cellClasses: tf.tensor2d([[0, 2, 0], [3, 0, 1]]),
    cellWeights: tf.tensor2d([[0.375, 0.25, 0.375], [0.125, 0.75, 0.125]]),
    cellBoxes: tf.tensor(Array.from({ length: batch * cells * 4 }, (_, index) => Math.sin(index)), [batch, cells, 4]),
    cellBoxWeights: tf.tensor2d([[0, 1, 0], [0.5, 0, 0.5]]),
    regionClasses: tf.tensor2d([[0, 2], [3, 1]]),
    regionWeights: tf.tensor2d([[0.5, 0.5], [0.5, 0.5]]),
    regionBoxes: tf.tensor(Array.from({ length: batch * 2 * 4 }, (_, index) => Math.cos(index)), [batch, 2, 4]),
    regionBoxWeights: tf.tensor2d([[0, 1], [0.5, 0.5]]),
  };
}

const oneStage = { classes: [batch, cells, classes], boxes: [batch, cells, 4] };
const twoStage = {
  proposalClasses: [batch, cells, 2],
  proposalBoxes: [batch, cells, 4],
  classes: [batch, 2, classes],
  boxes: [batch, 2, 4],
};

const context = madeContext({
  task: "detection",
  batchSize: batch,
  student: madeTaps([[4, 4, 3], [2, 2, 5]]),
  teachers: [madeTaps([[4, 4, 6], [3, 3, 7]])],
});

function bounded(student: number[], teacher: number[], margin: number): { value: number; gradient: number[] } {
  return tf.tidy(() => {
    const part = { boxes: tf.zeros([1, student.length, 1]), boxWeights: tf.ones([1, student.length]) };
    const { value, grad } = tf.valueAndGrad((offsets: tf.Tensor) =>
      boundedBoxLoss({ student: offsets, teacher: tf.tensor(teacher, [1, teacher.length, 1]), part }, margin)
    )(tf.tensor(student, [1, student.length, 1]));
    return { value: value.dataSync()[0], gradient: [...grad.dataSync()] };
  });
}

Deno.test("a box counts only while the student is worse than the teacher and the margin", () => {
  assertAlmostEquals(bounded([2], [1], 0).value, 4, 1e-6);
  assertAlmostEquals(bounded([0.5], [1], 0).value, 0, 1e-6);
  assertAlmostEquals(bounded([0.5], [1], 1).value, 0.25, 1e-6);
});

Deno.test("the bound is taken per box and is a constant to the gradient", () => {
  const { value, gradient } = bounded([2, 0.5], [1, 1], 0);
  assertAlmostEquals(value, 4, 1e-6);
  assertEquals(gradient, [4, 0]);
});

Deno.test("the background's weight is on the soft classes alone", () => {
  tf.tidy(() => {
    const student = tf.zeros([1, 1, 2]);
    const weights = tf.ones([1, 1]);
    const background = tf.tensor3d([[[50, -50]]]);
    const object = tf.tensor3d([[[-50, 50]]]);
    const soft = (teacher: tf.Tensor) => softClassLoss({ student, teacher, weights }, 1.5).dataSync()[0];
    assertAlmostEquals(soft(background), 1.5 * Math.log(2), 1e-5);
    assertAlmostEquals(soft(object), Math.log(2), 1e-5);
  });
});

Deno.test("the soft loss of equal classes is their entropy, or more for the background", () => {
  tf.tidy(() => {
    const logits = tf.tensor3d([[[0.2, 0.3, 0.5].map(Math.log)]]);
    const soft = (weight: number) =>
      softClassLoss({ student: logits, teacher: logits, weights: tf.ones([1, 1]) }, weight).dataSync()[0];
    const entropy = -[0.2, 0.3, 0.5].reduce((sum, share) => sum + share * Math.log(share), 0);
    assertAlmostEquals(soft(1), entropy, 1e-6);
    assertAlmostEquals(soft(1.5), entropy - 0.5 * 0.2 * Math.log(0.2), 1e-6);
  });
});

Deno.test("the loss of boxes is half the square below a distance of 1 and linear above", () => {
  tf.tidy(() => {
    const part = { boxes: tf.zeros([1, 1, 4]), boxWeights: tf.ones([1, 1]) } as Parameters<typeof smoothBoxLoss>[1];
    assertAlmostEquals(smoothBoxLoss(tf.tensor3d([[[0.5, -2, 0, 1]]]), part).dataSync()[0], 0.125 + 1.5 + 0.5, 1e-6);
  });
});

for (const [name, outputs] of Object.entries({ "one stage": oneStage, "two stages": twoStage })) {
  for (const hint of ["l1", "l2"] as const) {
    Deno.test(`detection's gradient agrees with differences: ${name}, hint ${hint}`, async () => {
      // Without the bound, which jumps.
      const distiller = detection.create(detection.options.parse({ margin: 1000, hint }));
      await withDistillation(distiller, context, ({ phases: [phase] }) => {
        const made = madeBatch(context, phase, { outputs, targets: targets() });
        // The first distance has kinks, which a short move rarely meets.
        assertTermGradient(phase, made, { step: 2e-3, tolerance: 0.05 });
        disposeBatch(made);
      });
    });
  }
}

Deno.test("detection adds up from its parts as the options say", async () => {
  const value = async (options: Record<string, number>) => {
    let result = NaN;
    await withDistillation(detection.create(detection.options.parse(options)), context, ({ phases: [phase] }) => {
      const made = madeBatch(context, phase, { outputs: oneStage, targets: targets() });
      result = termValue(phase, made);
      disposeBatch(made);
    });
    return result;
  };
  const hard = await value({ mu: 1, nu: 0, gamma: 0 });
  const soft = await value({ mu: 0, nu: 0, gamma: 0 });
  const bound = await value({ mu: 1, nu: 1, gamma: 0 }) - hard;
  const hint = await value({ mu: 1, nu: 0, gamma: 1 }) - hard;
  assert(bound > 0.01 && hint > 0.01, `bound ${bound}, hint ${hint}`);
  const all = await value({ mu: 0.3, nu: 0.7, gamma: 0.4 });
  assertAlmostEquals(all, 0.3 * hard + 0.7 * soft + 0.7 * bound + 0.4 * hint, 1e-4);
});

Deno.test("detection says what is wrong with outputs that are no detector's", async () => {
  await withDistillation(detection.create(detection.options.parse({ gamma: 0 })), context, ({ phases: [phase] }) => {
    const made = madeBatch(context, phase, { targets: targets() });
    assertThrows(() => termValue(phase, made), RangeError, "a detector gives classes and boxes, but got logits");
    disposeBatch(made);
    const students = madeBatch(context, phase, { outputs: twoStage, targets: targets() });
    const { classes, boxes } = students.teachers[0].outputs;
    const mixed = { ...students, teachers: [{ outputs: { classes, boxes }, features: {} }] };
    assertThrows(() => termValue(phase, mixed), RangeError, "a teacher with the student's kind of head");
    disposeBatch(students);
  });
});

Deno.test("a detector of two stages has its proposals judged as object or background", () => {
  tf.tidy(() => {
    const outputs = Object.fromEntries(Object.entries(twoStage).map(([name, shape]) => [name, tf.zeros(shape)]));
    const [proposals, regions] = detectorParts(outputs, targets());
    assertEquals(proposals.classes.arraySync(), [[[1, 0], [0, 1], [1, 0]], [[0, 1], [1, 0], [0, 1]]]);
    assertEquals(regions.classes.shape, [batch, 2, classes]);
  });
});
