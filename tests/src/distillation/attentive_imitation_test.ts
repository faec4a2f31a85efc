import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type * as z from "zod";
import { attentiveImitation } from "../../../src/distillation/attentive_imitation.ts";
import type { DistillationContext, Phase } from "../../../src/distillation/distiller.ts";
import { attentionOf, squaredErrors } from "../../../src/distillation/error_attention.ts";
import {
  assertTermGradient,
  disposeBatch,
  madeBatch,
  type MadeBatchOptions,
  madeContext,
  madeTaps,
  randomTensor,
  termValue,
  withDistillation,
} from "./loss_checks.ts";

await tf.setBackend("cpu");

const width = 4;
const truth = Float32Array.from({ length: 40 * width }, (_, index) => Math.cos(index));
const context: DistillationContext = madeContext({
  task: "regression",
  student: madeTaps([[8, 8, 4], [4, 4, 6], [2, 2, 8]], { outputs: width }),
  teachers: [madeTaps([[4, 4, 8], [2, 2, 10]], { outputs: width })],
  trainingTargets: () => ({ values: truth }),
});

function create(options: z.input<typeof attentiveImitation.options>) {
  return attentiveImitation.create(attentiveImitation.options.parse(options));
}

/** A batch of regressions: random outputs, or those given as rows of numbers. */
function batchOf(phase: Phase, given: Partial<Record<"own" | "taught" | "truth", number[][]>> = {}, seed = 1) {
  const targets = given.truth ? tf.tensor2d(given.truth) : randomTensor([4, width], 30 + seed);
  const options: MadeBatchOptions = { seed, outputs: { values: [4, width] }, targets: { values: targets } };
  const batch = madeBatch(context, phase, options);
  for (const [network, rows] of [[batch.student, given.own], [batch.teachers[0], given.taught]] as const) {
    if (!rows) continue;
    tf.dispose(network.outputs);
    network.outputs.values = tf.tensor2d(rows);
  }
  return batch;
}

/** Mean over the rows of `weights` times |a - b|^2. */
function meanSquares(a: number[][], b: number[][], weights: ArrayLike<number> = [1, 1, 1, 1]): number {
  const rows = a.map((row, index) => weights[index] * row.reduce((sum, x, i) => sum + (x - b[index][i]) ** 2, 0));
  return rows.reduce((sum, row) => sum + row, 0) / rows.length;
}

const own = [[0, 1, 2, 0], [1, 1, 0, 0], [0.5, 0, 0, 0], [0, 0, 0, 2]];
const taught = [[0, 1, 1, 0], [0, 1, 0, 3], [0, 0, 0, 0], [1, 0, 0, 2]];
const actual = [[0, 1, 1, 1], [1, 0, 0, 0], [0, 0, 0, 0.25], [0, 3, 0, 2]];

Deno.test("attention falls from the smallest error of the teacher to the largest", () => {
  assertEquals([...attentionOf([0, 0.5, 1, 2], "paper")], [1, 0.75, 0.5, 0]);
  assertEquals([...attentionOf([0, 0.5, 1, 2], "subtract")], [1, 0.75, 0.5, 0]);
  assertEquals([...attentionOf([0, 0.5, 1, 2], "clip")], [1, 0.75, 0.5, 0]);
});

Deno.test("attention where no error is zero is below 0 in the paper's form alone", () => {
  assertEquals([...attentionOf([1, 1.5, 2], "paper")], [0, -0.5, -1]);
  assertEquals([...attentionOf([1, 1.5, 2], "subtract")], [1, 0.5, 0]);
  assertEquals([...attentionOf([1, 1.5, 2], "clip")], [0, 0, 0]);
});

Deno.test("equal errors give full attention to every image", () => {
  for (const range of ["subtract", "clip", "paper"] as const) {
    assertEquals([...attentionOf([0.3, 0.3], range)], [1, 1]);
    assertEquals([...attentionOf([0, 0, 0], range)], [1, 1, 1]);
  }
});

Deno.test("squared errors are summed over the numbers of an image", () => {
  assertEquals([...squaredErrors(Float32Array.of(1, 2, 3, 4), Float32Array.of(0, 0, 3, 1), 2)], [5, 9]);
});

Deno.test("plain imitation at alpha 0.5 is half the sum of regression and imitation", async () => {
  await withDistillation(create({ form: "plain" }), context, ({ phases: [phase] }) => {
    const batch = batchOf(phase, { own, taught, truth: actual });
    assertEquals(phase.taskWeight, 0.5);
    assertAlmostEquals(termValue(phase, batch), 0.5 * meanSquares(own, taught), 1e-6);
    disposeBatch(batch);
  });
});

Deno.test("imitation is weighted by attention from the errors on the whole training set", async () => {
  const predicted = await context.trainingOutputs(0);
  const attention = attentionOf(squaredErrors(predicted, truth, width), "subtract");
  assertEquals(Math.max(...attention), 1);
  assertEquals(Math.min(...attention), 0);
  const distiller = create({ alpha: 0.25 });
  await withDistillation(distiller, context, ({ phases: [phase] }) => {
    const positions = Uint32Array.of(7, 30, 2, 19);
    const batch = { ...batchOf(phase, { own, taught, truth: actual }), positions };
    const weights = Array.from(positions, (position) => attention[position]);
    assertEquals(phase.taskWeight, 0.25);
    assertAlmostEquals(termValue(phase, batch), 0.75 * meanSquares(own, taught, weights), 1e-5);
    disposeBatch(batch);
  });
});

Deno.test("the form min takes the smaller error of each image in place of both", async () => {
  await withDistillation(create({ form: "min" }), context, ({ phases: [phase] }) => {
    const batch = batchOf(phase, { own, taught, truth: actual });
    assertEquals(phase.taskWeight, 0);
    // Against the truth 2, 1, 0.3125, 9; against the teacher 1, 10, 0.25, 1.
    assertAlmostEquals(termValue(phase, batch), (1 + 1 + 0.25 + 1) / 4, 1e-6);
    disposeBatch(batch);
  });
});

Deno.test("the form teacher-bound imitates only where the student is worse than the teacher", async () => {
  await withDistillation(create({ form: "teacher-bound" }), context, ({ phases: [phase] }) => {
    const batch = batchOf(phase, { own, taught, truth: actual });
    // The teacher's errors are 1, 11, 0.0625, 10, the student's 2, 1, 0.3125, 9.
    assertAlmostEquals(termValue(phase, batch), 0.5 * (1 + 0.25) / 4, 1e-6);
    disposeBatch(batch);
  });
});

Deno.test("the form laplace starts as the absolute distance, and its best scale is the mean one", async () => {
  await withDistillation(create({ form: "laplace" }), context, ({ phases: [phase] }) => {
    const batch = batchOf(phase, { own, taught, truth: actual });
    // Absolute distances 1, 4, 0.5, 1 of four numbers each.
    const mean = (1 + 4 + 0.5 + 1) / 4;
    assertAlmostEquals(termValue(phase, batch), 0.5 * mean, 1e-6);
    const bias = phase.variables?.[1];
    assert(bias);
    const valueAt = (logScale: number) => {
      const moved = tf.tensor1d([logScale]);
      bias.assign(moved);
      moved.dispose();
      return termValue(phase, batch);
    };
    const best = valueAt(Math.log(mean / width));
    assert(valueAt(Math.log(mean / width) + 0.1) > best);
    assert(valueAt(Math.log(mean / width) - 0.1) > best);
    disposeBatch(batch);
  });
});

Deno.test("hint training ends at the guided stage, and imitation trains what follows it", async () => {
  await withDistillation(create({ stages: "hint", hintShare: 0.25 }), context, ({ phases }) => {
    const [hint, imitation] = phases;
    assertEquals(phases.map(({ name, share }) => [name, share]), [["attentive hint", 0.25], ["imitation", 0.75]]);
    assertEquals([hint.taskWeight, hint.readsOutputs, hint.trainedAfter], [0, undefined, undefined]);
    assertEquals([imitation.trainedUpTo, imitation.trainedAfter], [undefined, hint.trainedUpTo]);
    assertEquals([hint.studentFeatures, hint.teacherFeatures], [["stage2"], [["stage1"]]]);
  });
});

Deno.test("a hint of images without attention counts for nothing", async () => {
  const predicted = await context.trainingOutputs(0);
  const attention = attentionOf(squaredErrors(predicted, truth, width), "subtract");
  const ignored = attention.indexOf(0);
  await withDistillation(create({ stages: "hint", hintStage: "stage3" }), context, ({ phases: [phase] }) => {
    const batch = batchOf(phase);
    assert(termValue(phase, { ...batch, positions: Uint32Array.of(0, 1, 2, 3) }) > 0);
    assertEquals(termValue(phase, { ...batch, positions: new Uint32Array(4).fill(ignored) }), 0);
    disposeBatch(batch);
  });
});

for (const form of ["attentive", "plain", "min", "teacher-bound", "laplace"] as const) {
  Deno.test(`the gradient of the form ${form} agrees with differences`, async () => {
    await withDistillation(create({ stages: "hint", form }), context, ({ phases }) => {
      for (const phase of phases) {
        const batch = batchOf(phase, {}, 2);
        // Away from where they start: a scale that is the same for all images does not depend on them.
        for (const [index, variable] of (phase.variables ?? []).entries()) {
          const moved = randomTensor(variable.shape, 70 + index, 0.3);
          variable.assign(moved);
          moved.dispose();
        }
        assertTermGradient(phase, batch, { step: 2e-3 });
        disposeBatch(batch);
      }
    });
  });
}

Deno.test("a guided stage without counterpart, and numbers that are missing, are refused", async () => {
  const before = tf.memory().numTensors;
  await assertRejects(
    async () => await create({ stages: "hint", hintStage: "stage9" }).prepare(context),
    RangeError,
    'hintStage "stage9" has no counterpart in the teacher; allowed are stage2, stage3',
  );
  await assertRejects(
    async () => await create({}).prepare({ ...context, trainingTargets: undefined }),
    RangeError,
    "needs the true numbers of all training images",
  );
  await assertRejects(
    async () => await create({}).prepare({ ...context, trainingOutputs: () => Promise.resolve(new Float32Array(3)) }),
    RangeError,
    "the teacher gives 3 numbers for 160 true ones",
  );
  const student = { ...context.student, embedding: undefined };
  await assertRejects(
    async () => await create({ form: "laplace" }).prepare({ ...context, student }),
    RangeError,
    "reads the student's embedding",
  );
  assertEquals(tf.memory().numTensors, before);
});
