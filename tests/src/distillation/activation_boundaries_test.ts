import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { activationBoundaries, boundaryDistance } from "../../../src/distillation/activation_boundaries.ts";
import {
  assertGradients,
  disposeBatch,
  madeBatch,
  madeContext,
  madeTaps,
  randomTensor,
  termValue,
  withDistillation,
} from "./loss_checks.ts";
import { assertFitsSpace, assertTrainedUpTo, trainOnBars } from "./train_checks.ts";

await tf.setBackend("cpu");

const create = (options = {}) => activationBoundaries.create(activationBoundaries.options.parse(options));

Deno.test("the distance has the values worked out by hand", () => {
  tf.tidy(() => {
    for (const [teacher, student, expected] of [[1, 0, 1], [1, 1, 0], [1, -1, 4], [-1, 0, 1], [-1, -2, 0]]) {
      const distance = boundaryDistance(tf.tensor2d([[student]]), tf.tensor2d([[teacher]]), 1);
      assertAlmostEquals(distance.dataSync()[0], expected, 1e-6, `${teacher} ${student}`);
    }
    assertEquals(boundaryDistance(tf.tensor2d([[0]]), tf.tensor2d([[1]]), 3).dataSync()[0], 9);
    // Sum over a feature, mean over the batch.
    assertEquals(boundaryDistance(tf.zeros([2, 3]), tf.ones([2, 3]), 1).dataSync()[0], 3);
  });
});

Deno.test("a positive scale of the teacher changes nothing", () => {
  tf.tidy(() => {
    const [student, teacher] = [randomTensor([3, 8], 1), randomTensor([3, 8], 2)];
    const [plain, scaled] = [1, 9].map((scale) => boundaryDistance(student, tf.mul(teacher, scale), 1).dataSync()[0]);
    assertEquals(plain, scaled);
  });
});

const student = madeTaps([[6, 6, 3], [4, 4, 2], [1, 1, 4]]);
const context = madeContext({ student, teachers: [madeTaps([[4, 4, 5], [3, 3, 2]])] });

Deno.test("the last stage counts fully, the one before half, with the weight", async () => {
  await withDistillation(create({ weight: 0.1 }), context, ({ phases: [phase, task] }) => {
    const batch = madeBatch(context, phase);
    assertEquals(phase.studentFeatures, ["stage1:before", "stage2:before"]);
    const features = tf.tidy(() =>
      Object.fromEntries(Object.entries(batch.student.features).map(([name, x]) => [name, tf.zerosLike(x)]))
    );
    // Batch norm of zeros is zero, 1 away from every margin: the sizes of the features.
    const value = termValue(phase, { ...batch, student: { outputs: {}, features } });
    assertAlmostEquals(value, 0.1 * (0.5 * 4 * 4 * 5 + 3 * 3 * 2), 1e-4);
    assertEquals([phase.share, phase.taskWeight, phase.trainedUpTo], [0.2, 0, "stage2"]);
    assertEquals([task.share, task.taskWeight, task.term], [0.8, 1, undefined]);
    tf.dispose(features);
    disposeBatch(batch);
  });
  await withDistillation(create({ mode: "initialise" }), context, ({ phases }) => assertEquals(phases.length, 1));
});

Deno.test("the gradients of activation boundaries agree with differences", async () => {
  for (const mode of ["two-stage", "joint"]) {
    await assertGradients(create({ mode, weight: 1 }), context, { step: 1e-3 });
  }
});

Deno.test("activation boundaries fit the students of our space, and say what is missing", async () => {
  await assertFitsSpace(create(), { students: 4 });
  const empty = madeContext({ student, teachers: [madeTaps([])] });
  assertThrows(() => create().prepare(empty), RangeError, "the teacher must have a stage to compare, but has none");
});

Deno.test("activation boundaries train a student, and as an initialisation nothing after the last stage", async () => {
  await trainOnBars(create());
  assertTrainedUpTo(await trainOnBars(create({ mode: "initialise" }), { epochs: 1 }), "stage7");
  await tf.setBackend("cpu");
});
