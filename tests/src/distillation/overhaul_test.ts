import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../../src/data/random.ts";
import { batchNormMargin, measureMargins, overhaul, partialDistance } from "../../../src/distillation/overhaul.ts";
import { tapsOf } from "../../../src/distillation/taps.ts";
import { teacherArchitecture } from "../../../src/models/teacher.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import {
  assertGradients,
  disposeBatch,
  madeBatch,
  madeContext,
  madeTaps,
  termValue,
  withDistillation,
} from "./loss_checks.ts";
import { assertFitsSpace, trainOnBars } from "./train_checks.ts";

await tf.setBackend("cpu");

const create = (options = {}) => overhaul.create(overhaul.options.parse(options));

Deno.test("margins have the values worked out by hand", () => {
  assertAlmostEquals(batchNormMargin(0, 1), -0.79788, 5e-6);
  assertAlmostEquals(batchNormMargin(1, 1), -0.52514, 5e-6);
  assertAlmostEquals(batchNormMargin(-1, 1), -1.2876, 5e-6);
  assertAlmostEquals(batchNormMargin(1, -1), -0.52514, 5e-6);
  // Next to nothing is negative.
  assertEquals(batchNormMargin(4, 1), -3);
  assertEquals(batchNormMargin(1, 0), -0);
});

Deno.test("margins measured on normal values agree with the formula", () => {
  tf.tidy(() => {
    const random = new Random(1);
    const values = Float32Array.from(
      { length: 40_000 * 2 },
      (_, index) => random.normal() * (1 + index % 2) + index % 2,
    );
    const margins = measureMargins(tf.tensor4d(values, [40, 100, 10, 2])).dataSync();
    assertAlmostEquals(margins[0], batchNormMargin(0, 1), 0.02);
    assertAlmostEquals(margins[1], batchNormMargin(1, 2), 0.04);
    assertAlmostEquals(measureMargins(tf.ones([1, 2, 2, 1])).dataSync()[0], 0);
  });
});

Deno.test("the partial distance has the values worked out by hand, with a margin of -0.8", () => {
  tf.tidy(() => {
    const distance = (teacher: number, student: number) => {
      const target = tf.maximum(tf.tensor2d([[teacher]]), -0.8);
      return partialDistance(tf.tensor2d([[student]]), target).dataSync()[0];
    };
    assertEquals(distance(-2, -1), 0);
    assertAlmostEquals(distance(-2, 0), 0.64, 1e-6);
    assertAlmostEquals(distance(0.5, 1), 0.25, 1e-6);
    assertAlmostEquals(distance(0.5, -1), 2.25, 1e-6);
    // Sum over a feature, mean over the batch.
    assertAlmostEquals(partialDistance(tf.ones([2, 3]), tf.fill([2, 3], 0.5)).dataSync()[0], 0.75, 1e-6);
  });
});

const student = madeTaps([[6, 6, 3], [4, 4, 2], [1, 1, 4]], { before: false });
const teacher = madeTaps([[4, 4, 5], [3, 3, 2]]);
const context = madeContext({ student, teachers: [teacher] });

Deno.test("overhaul reads values before the activation where there are such, and halves the weight of earlier stages", async () => {
  await withDistillation(create({ weight: 1 }), context, ({ phases: [phase] }) => {
    assertEquals(phase.studentFeatures, ["stage1", "stage2"]);
    assertEquals(phase.teacherFeatures, [["stage1:before", "stage2:before"]]);
    const batch = madeBatch(context, phase);
    const target = (stage: string) => batch.teachers[0].features[stage] as tf.Tensor4D;
    const zeros = tf.tidy(() =>
      Object.fromEntries(Object.entries(batch.student.features).map(([name, x]) => [name, tf.zerosLike(x)]))
    );
    // Batch norm of zeros is zero, so that the distance is that of the teacher from zero.
    const expected = tf.tidy(() =>
      [0.5, 1].reduce((sum, share, index) => {
        const feature = target(`stage${index + 1}:before`);
        return sum + share * tf.sum(tf.square(tf.maximum(feature, measureMargins(feature)))).dataSync()[0] / 4;
      }, 0)
    );
    const value = termValue(phase, { ...batch, student: { outputs: {}, features: zeros } });
    assertAlmostEquals(value, expected, 1e-3);
    // The margins of the first batch stay.
    const doubled = tf.tidy(() => {
      const features = Object.fromEntries(
        Object.entries(batch.teachers[0].features).map(([name, x]) => [name, tf.minimum(tf.mul(x, 2), 0)]),
      );
      const largest = termValue(phase, {
        ...batch,
        student: { outputs: {}, features: zeros },
        teachers: [{ outputs: {}, features }],
      });
      return largest;
    });
    assert(doubled < expected);
    tf.dispose(zeros);
    disposeBatch(batch);
  });
});

Deno.test("the margin comes from the teacher's batch norm where that is known, unless it is to be measured", async () => {
  const batchNorm = { beta: Float32Array.of(0), gamma: Float32Array.of(1) };
  const known = madeContext({
    student: madeTaps([[1, 1, 2]]),
    teachers: [{ outputs: 3, stages: [{ name: "stage1", shape: [1, 1, 1], before: true, batchNorm }] }],
  });
  for (const [margin, expected] of [["batch-norm", 0.79788], ["measured", 5]] as const) {
    await withDistillation(create({ margin, weight: 1 }), known, ({ phases: [phase] }) => {
      const batch = madeBatch(known, phase);
      const features = { "stage1:before": tf.fill([4, 1, 1, 1], -5) };
      const zeros = { "stage1:before": tf.zeros([4, 1, 1, 2]) };
      const value = termValue(phase, {
        ...batch,
        student: { outputs: {}, features: zeros },
        teachers: [{ outputs: {}, features }],
      });
      assertAlmostEquals(value, expected ** 2, 1e-4);
      tf.dispose([features, zeros]);
      disposeBatch(batch);
    });
  }
});

Deno.test("taps know the batch norm of a stage's end, of a sum that of its branch", () => {
  const architecture = teacherArchitecture({ height: 8, width: 8, channels: 1, classes: 3 });
  const weights = initialiseWeights(architecture, 1);
  weights.parameters.forEach((_, index) => weights.parameters[index] = index);
  assertEquals(tapsOf(architecture).stages[0].batchNorm, undefined);
  const { stages } = tapsOf(architecture, weights);
  assertEquals(stages.map(({ batchNorm }) => batchNorm?.beta.length), [24, 48, 96]);
  // Three convolutions come before: 9 * 24, and twice 9 * 24 * 24, each with gamma and beta.
  const end = 9 * 24 + 2 * 9 * 24 * 24 + 3 * 2 * 24;
  assertEquals(stages[0].batchNorm?.beta.at(-1), end - 1);
  assertEquals(stages[0].batchNorm?.gamma.at(-1), end - 1 - 24);
});

Deno.test("the gradients of overhaul agree with differences", async () => {
  await assertGradients(create({ weight: 1 }), context, { step: 1e-3 });
});

Deno.test("overhaul fits the students of our space, and says what is missing", async () => {
  await assertFitsSpace(create(), { students: 4 });
  const empty = madeContext({ student: madeTaps([]), teachers: [teacher] });
  assertThrows(() => create().prepare(empty), RangeError, "the student must have a stage to compare, but has none");
});

Deno.test("overhaul trains a student", async () => {
  await trainOnBars(create());
  await tf.setBackend("cpu");
});
