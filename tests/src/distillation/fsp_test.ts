import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Resampler } from "../../../src/distillation/features/resample.ts";
import { flowMatrix, fsp } from "../../../src/distillation/fsp.ts";
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

const create = (options = {}) => fsp.create(fsp.options.parse(options));

Deno.test("the flow matrix has the values worked out by hand", () => {
  tf.tidy(() => {
    const resampler = new Resampler();
    const first = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
    const last = tf.tensor4d([1, 0, 1, 1, 1, 0, 1, 1], [1, 2, 2, 2]);
    const flow = flowMatrix(first, last, resampler);
    assertEquals(flow.shape, [1, 1, 2]);
    assertEquals([...flow.dataSync()], [2.5, 1.5]);
    // A larger one is pooled first: of the constant channel the mean stays.
    const large = tf.ones([1, 4, 4, 1]) as tf.Tensor4D;
    assertEquals([...flowMatrix(large, last, resampler).dataSync()], [1, 0.5]);
    resampler.dispose();
  });
});

Deno.test("the flow matrix does not change when the places of both features are permuted alike", () => {
  tf.tidy(() => {
    const resampler = new Resampler();
    const [first, last] = [randomTensor([2, 3, 3, 4], 1), randomTensor([2, 3, 3, 2], 2)] as tf.Tensor4D[];
    const flow = flowMatrix(first, last, resampler);
    const turned = flowMatrix(tf.reverse(first, [1, 2]), tf.reverse(last, [1, 2]), resampler);
    assert(tf.max(tf.abs(tf.sub(flow, turned))).dataSync()[0] < 1e-6);
    const one = flowMatrix(first, tf.reverse(last, 1), resampler);
    assert(tf.max(tf.abs(tf.sub(flow, one))).dataSync()[0] > 0.01);
  });
});

Deno.test("fsp compares whole sections: by the mean square together with the task, else by the sum", async () => {
  const taps = madeTaps([[4, 4, 3], [2, 2, 5], [1, 1, 2]]);
  const same = madeContext({ student: taps, teachers: [taps] });
  for (const mode of ["joint", "two-stage"]) {
    await withDistillation(create({ mode, weight: 2 }), same, ({ phases: [phase] }) => {
      assertEquals(phase.variables, []);
      const batch = madeBatch(same, phase);
      assertAlmostEquals(termValue(phase, { ...batch, student: batch.teachers[0] }), 0, 1e-9);
      const expected = tf.tidy(() => {
        const resampler = new Resampler();
        const [ofStudent, ofTeacher] = [batch.student, batch.teachers[0]].map(({ features }) =>
          [["stage1", "stage2"], ["stage2", "stage3"]].map(([first, last]) =>
            flowMatrix(features[first] as tf.Tensor4D, features[last] as tf.Tensor4D, resampler)
          )
        );
        const squares = ofStudent.map((flow, index) => tf.square(tf.sub(flow, ofTeacher[index])));
        const sums = { joint: tf.addN(squares.map((x) => tf.mean(x))), sum: tf.addN(squares.map((x) => tf.sum(x))) };
        const values = { joint: sums.joint.dataSync()[0], "two-stage": sums.sum.dataSync()[0] / 4 };
        resampler.dispose();
        return values;
      });
      assertAlmostEquals(termValue(phase, batch), mode === "joint" ? 2 * expected.joint : expected["two-stage"], 1e-4);
      disposeBatch(batch);
    });
  }
});

Deno.test("connectors bring other channels together, with gradients that agree with differences", async () => {
  const context = madeContext({
    student: madeTaps([[6, 6, 3], [4, 4, 2], [2, 2, 4]]),
    teachers: [madeTaps([[4, 4, 5], [3, 3, 2], [2, 2, 6]])],
  });
  await withDistillation(create(), context, ({ phases: [phase] }) => {
    // Equal channels in the middle.
    assertEquals(phase.variables?.map(({ shape }) => shape), [[3, 5], [4, 6]]);
  });
  for (const mode of ["two-stage", "joint"]) await assertGradients(create({ mode }), context, { step: 3e-3 });
});

Deno.test("fsp has the paper's stages, or one of them", async () => {
  const context = madeContext({
    student: madeTaps([[4, 4, 3], [2, 2, 2]]),
    teachers: [madeTaps([[4, 4, 5], [2, 2, 2]])],
  });
  const stagesOf = async (options: Record<string, unknown>) => {
    let stages: unknown;
    await withDistillation(create(options), context, ({ phases }) => {
      stages = phases.map(({ name, share, taskWeight, trainedUpTo }) => [name, share, taskWeight, trainedUpTo]);
    });
    return stages;
  };
  assertEquals(await stagesOf({ initialisationShare: 0.25 }), [["flow", 0.25, 0, "stage2"], [
    "task",
    0.75,
    1,
    undefined,
  ]]);
  assertEquals(await stagesOf({ mode: "joint" }), [["flow", 1, 1, undefined]]);
  assertEquals(await stagesOf({ mode: "initialise" }), [["flow", 1, 0, "stage2"]]);
  const single = madeContext({ student: madeTaps([[4, 4, 3]]), teachers: [madeTaps([[4, 4, 5], [2, 2, 2]])] });
  assertThrows(() => create().prepare(single), RangeError, "the student must have at least 2 stages to compare");
});

Deno.test("fsp fits the students of our space", async () => {
  await assertFitsSpace(create(), { students: 4 });
});

Deno.test("fsp trains a student, and as an initialisation nothing after the last section", async () => {
  await trainOnBars(create());
  await trainOnBars(create({ mode: "joint" }), { epochs: 1 });
  assertTrainedUpTo(await trainOnBars(create({ mode: "initialise" }), { epochs: 1 }), "stage7");
  await tf.setBackend("cpu");
});
