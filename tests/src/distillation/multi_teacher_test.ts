import { assertAlmostEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { softDivergence } from "../../../src/distillation/kd.ts";
import {
  type Combination,
  combineTeachers,
  multiTeacher,
  normaliseWeights,
} from "../../../src/distillation/multi_teacher.ts";
import { completeOptions } from "../../../src/distillation/table.ts";
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

await tf.setBackend("cpu");

const create = (options: Record<string, unknown> = {}) =>
  multiTeacher.create(multiTeacher.options.parse(completeOptions(multiTeacher, options)));
const taps = madeTaps([]);
const context = madeContext({ student: taps, teachers: [taps, taps, taps], batchSize: 8 });

function combined(combine: Combination, probabilities: number[][], weights?: number[], temperature = 1): number[] {
  return tf.tidy(() => {
    const logits = tf.log(tf.tensor3d(probabilities.map((row) => [row])));
    const shares = normaliseWeights(probabilities.length, weights);
    return [...combineTeachers(logits, { combine, temperature, weights: shares }).dataSync()];
  });
}

function assertNear(values: number[], expected: number[]): void {
  expected.forEach((value, index) => assertAlmostEquals(values[index], value, 1e-5));
}

const three = [[0.2, 0.8], [0.5, 0.5], [0.8, 0.2]];

Deno.test("multi-teacher takes the weighted mean of probabilities", () => {
  assertNear(combined("probabilities", three, [1, 2, 1]), [0.5, 0.5]);
  assertNear(combined("probabilities", three, [3, 1, 0]), [0.275, 0.725]);
  assertNear(combined("probabilities", three, [30, 10, 0]), [0.275, 0.725]);
  assertNear(combined("probabilities", three, [0, 0, 1]), [0.8, 0.2]);
  const sum = combined("probabilities", [[0.1, 0.2, 0.7], [0.3, 0.3, 0.4]], [1, 3], 4).reduce((a, b) => a + b);
  assertAlmostEquals(sum, 1, 1e-6);
});

Deno.test("multi-teacher takes the mean of logits, or the class with most votes", () => {
  const roots = [Math.sqrt(0.2 * 0.7), Math.sqrt(0.8 * 0.3)];
  const sum = roots[0] + roots[1];
  assertNear(combined("logits", [[0.2, 0.8], [0.7, 0.3]]), roots.map((value) => value / sum));
  const votes = [[0.5, 0.3, 0.2], [0.6, 0.1, 0.3], [0.01, 0.98, 0.01]];
  assertNear(combined("majority", votes), [1, 0, 0]);
  assertNear(combined("majority", votes, [1, 1, 3]), [0, 1, 0]);
  assertNear(combined("majority", votes, [0.1, 0.2, 0.3]), [0.5, 0.5, 0]);
});

Deno.test("multi-teacher with all weight on one teacher is plain distillation by it", async () => {
  await withDistillation(create({ weights: [0, 5, 0], temperature: 3, alpha: 0.2 }), context, ({ phases: [phase] }) => {
    const batch = madeBatch(context, phase);
    const expected = tf.tidy(() =>
      softDivergence(batch.teachers[1].outputs.logits, batch.student.outputs.logits, 3).dataSync()[0]
    );
    assertAlmostEquals(termValue(phase, batch), 0.8 * expected, 1e-5);
    disposeBatch(batch);
  });
});

for (const combine of ["probabilities", "logits", "majority"]) {
  Deno.test(`multi-teacher ${combine}: the gradient is that of the loss`, async () => {
    await assertGradients(create({ combine, weights: [1, 2, 0.5] }), context);
  });
}

Deno.test("multi-teacher does not change when a constant is added to a teacher's logits", () => {
  tf.tidy(() => {
    const logits = randomTensor([2, 3, 4], 1) as tf.Tensor3D;
    const moved = tf.add(logits, tf.tensor3d([5, -2], [2, 1, 1])) as tf.Tensor3D;
    const weights = normaliseWeights(2);
    for (const combine of ["probabilities", "logits", "majority"] as const) {
      const of = (logits: tf.Tensor3D) => [...combineTeachers(logits, { combine, temperature: 2, weights }).dataSync()];
      assertNear(of(moved), of(logits));
    }
  });
});

Deno.test("multi-teacher refuses weights that do not fit", async () => {
  assertThrows(() => create({ weights: [0, 0] }), RangeError, "at least one must be above 0");
  assertThrows(() => create({ weights: [1, -1] }), RangeError, "weights");
  assertThrows(() => normaliseWeights(2, [1, -0.5]), RangeError, "weights must be 0 or above, got -0.5");
  await assertRejects(
    async () => await create({ weights: [1, 1] }).prepare(context),
    RangeError,
    "3 networks take as many weights, got 2",
  );
});
