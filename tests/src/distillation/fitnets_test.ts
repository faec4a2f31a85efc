import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { fallingWeight, fitnets, hintLoss } from "../../../src/distillation/fitnets.ts";
import {
  assertGradients,
  disposeBatch,
  madeBatch,
  madeContext,
  madeTaps,
  termValue,
  withDistillation,
} from "./loss_checks.ts";
import { assertFitsSpace, assertTrainedUpTo, trainOnBars } from "./train_checks.ts";

await tf.setBackend("cpu");

const create = (options = {}) => fitnets.create(fitnets.options.parse(options));
const taps = madeTaps([[4, 4, 3], [3, 3, 3], [2, 2, 4]]);
const same = madeContext({ student: taps, teachers: [taps] });
const context = madeContext({
  student: madeTaps([[8, 8, 2], [6, 5, 3], [2, 2, 4]]),
  teachers: [madeTaps([[8, 8, 4], [4, 4, 5], [1, 1, 6]])],
});

Deno.test("lambda falls linearly from 4 to 1", () => {
  assertEquals([0, 0.5, 1].map((progress) => fallingWeight(progress, [4, 1])), [4, 2.5, 1]);
});

Deno.test("the hint is half the squared distance, mean over the batch", () => {
  tf.tidy(() => {
    const hint = tf.tensor2d([[1, 2], [3, 4]]);
    assertEquals(hintLoss(hint, tf.tensor2d([[1, 2], [3, 4]])).dataSync()[0], 0);
    assertEquals(hintLoss(hint, tf.tensor2d([[1, 0], [6, 4]])).dataSync()[0], (4 + 9) / 4);
  });
});

Deno.test("an identity as the regressor and equal features give no loss, in both forms", async () => {
  for (const [mode, form] of [["two-stage", 0.5 * 3 * 3 * 3], ["joint", 1]] as const) {
    await withDistillation(create({ mode }), same, ({ phases: [phase] }) => {
      assertEquals(phase.studentFeatures, ["stage2"]);
      const batch = madeBatch(same, phase);
      tf.tidy(() => phase.variables?.[0].assign(tf.eye(3)));
      assertEquals(termValue(phase, { ...batch, student: batch.teachers[0] }), 0);
      // One more everywhere: 1/2 of the feature's size, or the weight times the mean square.
      const features = tf.tidy(() => ({ stage2: tf.add(batch.teachers[0].features.stage2, 1) }));
      assertAlmostEquals(termValue(phase, { ...batch, student: { outputs: {}, features } }), form, 1e-3);
      tf.dispose(features);
      disposeBatch(batch);
    });
  }
});

Deno.test("the second stage adds lambda times the cross-entropy of softened probabilities", async () => {
  await withDistillation(create(), same, ({ phases: [, phase] }) => {
    assertEquals([phase.share, phase.taskWeight, phase.readsOutputs], [0.8, 1, true]);
    const [teacher, student] = [[1, 3, 2], [1, 2, 3]];
    const soft = (logits: number[]) => {
      const exponentials = logits.map((logit) => Math.exp(logit / 3));
      return exponentials.map((value) => value / exponentials.reduce((sum, value) => sum + value, 0));
    };
    const expected = -soft(teacher).reduce((sum, p, index) => sum + p * Math.log(soft(student)[index]), 0);
    const batch = {
      student: { outputs: { logits: tf.tensor2d([student]) }, features: {} },
      teachers: [{ outputs: { logits: tf.tensor2d([teacher]) }, features: {} }],
      targets: {},
      positions: new Uint32Array(1),
    };
    assertAlmostEquals(termValue(phase, { ...batch, progress: 0 }), 4 * expected, 1e-5);
    assertAlmostEquals(termValue(phase, { ...batch, progress: 0.5 }), 2.5 * expected, 1e-5);
    disposeBatch({ ...batch, progress: 0 });
  });
});

Deno.test("without classes, or with lambda 0, the second stage is the task alone", async () => {
  for (const [options, task] of [[{}, "depth"], [{ lambdaStart: 0, lambdaEnd: 0 }, "classification"]] as const) {
    await withDistillation(create(options), { ...same, task }, ({ phases }) => {
      assertEquals(phases.map(({ name, term, share }) => [name, term === undefined, share]), [
        ["hint", false, 0.2],
        ["task", true, 0.8],
      ]);
    });
  }
  await withDistillation(create({ mode: "initialise" }), same, ({ phases }) => {
    assertEquals(phases.map(({ name, share, taskWeight, trainedUpTo }) => [name, share, taskWeight, trainedUpTo]), [
      ["hint", 1, 0, "stage2"],
    ]);
  });
});

Deno.test("hint and guided layer are chosen by name, or found", async () => {
  const chosen = async (options: Record<string, unknown>) => {
    let names: unknown;
    await withDistillation(create(options), context, ({ phases: [{ studentFeatures, teacherFeatures }] }) => {
      names = [studentFeatures?.[0], teacherFeatures?.[0][0]];
    });
    return names;
  };
  assertEquals(await chosen({}), ["stage2", "stage2"]);
  assertEquals(await chosen({ hint: "stage3" }), ["stage3", "stage3"]);
  assertEquals(await chosen({ guided: "stage3" }), ["stage3", "stage2"]);
  assertEquals(await chosen({ hint: "stage1", guided: "stage2" }), ["stage2", "stage1"]);
  assertThrows(
    () => create({ hint: "stage9" }).prepare(context),
    RangeError,
    'the teacher has no stage "stage9"; there are stage1, stage2, stage3',
  );
  assertThrows(() => create({ guided: "embedding" }).prepare(context), RangeError, "the student has no stage");
});

Deno.test("the paper's regressor makes up the difference in size by its kernel", async () => {
  const convolution = create({ regressor: "convolution" });
  await withDistillation(convolution, context, ({ phases: [phase] }) => {
    // 6x5 to 4x4: a kernel of 3x2.
    assertEquals(phase.variables?.map(({ shape }) => shape), [[3 * 2 * 3, 5], [5]]);
  });
  const larger = madeContext({ student: taps, teachers: context.teachers });
  assertThrows(
    () => convolution.prepare(larger),
    RangeError,
    "takes a student's stage of at least the teacher's 4x4 pixels, got 3x3",
  );
});

Deno.test("the gradients of fitnets agree with differences", async () => {
  for (const options of [{}, { mode: "joint" }, { regressor: "convolution" }]) {
    await assertGradients(create(options), context, { progress: 0.5 });
  }
});

Deno.test("fitnets fits the students of our space, but not a teacher of other classes", async () => {
  await assertFitsSpace(create(), { students: 4 });
  const other = madeContext({ student: taps, teachers: [madeTaps([[4, 4, 3]], { outputs: 10 })] });
  assertThrows(() => create().prepare(other), RangeError, "the teacher has 10 classes and the student 3");
  await withDistillation(create({ mode: "initialise" }), other, ({ phases }) => assert(phases.length === 1));
});

Deno.test("fitnets trains a student, and in its first stage nothing after the guided layer", async () => {
  await trainOnBars(create());
  await trainOnBars(create({ mode: "joint" }), { epochs: 1 });
  // The bars' teacher has stages of 4, 2 and 1 pixels in a row, the student of 2 and 1.
  assertTrainedUpTo(await trainOnBars(create({ mode: "initialise" }), { epochs: 1 }), "stage3");
  await tf.setBackend("cpu");
});
