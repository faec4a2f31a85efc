import { assert, assertAlmostEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  channelColumns,
  discrepancy,
  type DiscrepancyOptions,
  kernelWidth,
  nst,
} from "../../../src/distillation/nst.ts";
import { transposed } from "../../../src/distillation/features/product.ts";
import type { Phase } from "../../../src/distillation/distiller.ts";
import {
  assertGradients,
  assertTermGradient,
  disposeBatch,
  madeBatch,
  madeContext,
  madeTaps,
  randomTensor,
} from "./loss_checks.ts";
import { assertFitsSpace, trainOnBars } from "./train_checks.ts";

await tf.setBackend("cpu");

const create = (options = {}) => nst.create(nst.options.parse(options));
const kernels = ["linear", "poly", "gaussian"] as const;

/** Of sets of vectors, one per channel. */
function valueOf(student: number[][], teacher: number[][], options: DiscrepancyOptions): number {
  return tf.tidy(() => {
    const [s, t] = [student, teacher].map((vectors) => transposed(tf.tensor3d([vectors])));
    return discrepancy(s, t, options).dataSync()[0];
  });
}

const randomColumns = (places: number, channels: number, seed: number) =>
  channelColumns(randomTensor([2, 1, places, channels], seed) as tf.Tensor4D);

Deno.test("linear and polynomial discrepancies have the values worked out by hand", () => {
  const [identity, same] = [[[1, 0], [0, 1]], [[1, 0], [1, 0]]];
  assertAlmostEquals(valueOf(identity, same, { kernel: "linear" }), 0.5, 1e-6);
  assertAlmostEquals(valueOf(identity, same, { kernel: "poly" }), 0.5, 1e-6);
});

Deno.test("the discrepancy of a set with itself in any order is zero, and that of others is not negative", () => {
  tf.tidy(() => {
    const columns = randomColumns(6, 5, 1);
    for (const kernel of kernels) {
      const reversed = tf.reverse(columns, 2) as tf.Tensor3D;
      assertAlmostEquals(discrepancy(reversed, columns, { kernel }).dataSync()[0], 0, 1e-6, kernel);
      for (let seed = 2; seed < 12; seed++) {
        const value = discrepancy(randomColumns(6, 3, seed), columns, { kernel }).dataSync()[0];
        assert(value > -1e-6, `${kernel} ${value}`);
      }
    }
  });
});

Deno.test("shortcuts of the linear and the square kernel equal the means of all pairs", () => {
  tf.tidy(() => {
    // Few places: by Gram matrices; an offset next to nothing: by pairs.
    const [student, teacher] = [randomColumns(4, 6, 1), randomColumns(4, 9, 2)];
    const value = (options: DiscrepancyOptions) => discrepancy(student, teacher, options).dataSync()[0];
    assertAlmostEquals(value({ kernel: "poly" }), value({ kernel: "poly", offset: 1e-30 }), 1e-6);
    assertAlmostEquals(value({ kernel: "linear" }), value({ kernel: "poly", degree: 1 }), 1e-6);
    // (x + c)^2 = x^2 + 2cx + c^2, whose constant cancels.
    const expected = value({ kernel: "poly" }) + 2 * 0.5 * value({ kernel: "linear" });
    assertAlmostEquals(value({ kernel: "poly", offset: 0.5 }), expected, 1e-6);
  });
});

Deno.test("the Gaussian kernel is as wide as the mean squared distance, against a plain loop", () => {
  const student = [[1, 0], [0.6, 0.8], [0, 1]];
  const teacher = [[0.8, 0.6], [-1, 0]];
  const squared = (a: number[], b: number[]) => (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2;
  const mean = (as: number[][], bs: number[][], of: (distance: number) => number) =>
    as.flatMap((a) => bs.map((b) => of(squared(a, b)))).reduce((sum, value) => sum + value, 0) / as.length / bs.length;
  const width = mean(student, teacher, (distance) => distance);
  const kernel = (distance: number) => Math.exp(-distance / (2 * width));
  const expected = mean(student, student, kernel) + mean(teacher, teacher, kernel) - 2 * mean(student, teacher, kernel);
  assertAlmostEquals(valueOf(student, teacher, { kernel: "gaussian" }), expected, 1e-6);
});

const context = madeContext({
  student: madeTaps([[6, 6, 2], [4, 4, 3], [2, 2, 6]]),
  teachers: [madeTaps([[4, 4, 5], [2, 2, 7]])],
});

Deno.test("the gradients of nst agree with differences", async () => {
  for (const options of [{ kernel: "linear" }, {}, { degree: 3, offset: 0.2 }]) {
    await assertGradients(create(options), context, { step: 1e-3, tolerance: 0.03 });
  }
  // With its width held, since that is a constant of the gradient.
  const width = tf.scalar(0.8);
  const phase: Phase = {
    name: "gaussian",
    share: 1,
    taskWeight: 1,
    studentFeatures: ["stage2"],
    teacherFeatures: [["stage1"]],
    term: ({ student, teachers: [teacher] }) =>
      discrepancy(
        channelColumns(student.features.stage2 as tf.Tensor4D),
        channelColumns(teacher.features.stage1 as tf.Tensor4D),
        { kernel: "gaussian" },
        width,
      ),
  };
  const batch = madeBatch(context, phase);
  assertTermGradient(phase, batch, { step: 3e-3, tolerance: 0.03 });
  tf.tidy(() => {
    const columns = channelColumns(batch.student.features.stage2 as tf.Tensor4D);
    const gradient = tf.grad((x) => kernelWidth(x as tf.Tensor3D, columns))(columns);
    assert(tf.max(tf.abs(gradient)).dataSync()[0] === 0);
  });
  disposeBatch(batch);
  width.dispose();
});

Deno.test("nst fits the students of our space, and refuses networks of single pixels", async () => {
  await assertFitsSpace(create(), { students: 3 });
  const tiny = madeContext({ student: madeTaps([[1, 1, 3]]), teachers: [madeTaps([[4, 4, 3]])] });
  assertThrows(() => create().prepare(tiny), RangeError, "the student must have a stage of at least 2 pixels");
});

Deno.test("nst trains a student with each kernel", async () => {
  for (const kernel of kernels) await trainOnBars(create({ kernel }), { epochs: 1 });
  await tf.setBackend("cpu");
});
