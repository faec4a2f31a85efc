import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "../../../src/distillation/cross_entropy.ts";
import { generalized } from "../../../src/distillation/generalized.ts";
import { kd } from "../../../src/distillation/kd.ts";
import {
  assertGradients,
  disposeBatch,
  madeBatch,
  madeContext,
  madeTaps,
  termValue,
  withDistillation,
} from "./loss_checks.ts";

await tf.setBackend("cpu");

const taps = madeTaps([]);
const context = madeContext({ student: taps, teachers: [taps] });

Deno.test("generalized without imitation is ordinary training", async () => {
  await withDistillation(generalized.create({ weight: 0, temperature: 2 }), context, ({ phases: [phase] }) => {
    assertEquals(phase.taskWeight, 1);
    const batch = madeBatch(context, phase);
    assertEquals(termValue(phase, batch), 0);
    disposeBatch(batch);
  });
});

Deno.test("generalized is the cross-entropy with the teacher's soft labels less their entropy, by T^2", async () => {
  await withDistillation(generalized.create({ weight: 0.3, temperature: 2 }), context, ({ phases: [phase] }) => {
    assertAlmostEquals(phase.taskWeight as number, 0.7, 1e-12);
    const batch = madeBatch(context, phase);
    const expected = tf.tidy(() => {
      const soft = tf.softmax(tf.div(batch.teachers[0].outputs.logits, 2));
      const entropy = tf.neg(tf.mean(tf.sum(tf.mul(soft, tf.log(soft)), -1)));
      return tf.sub(crossEntropy(soft, tf.div(batch.student.outputs.logits, 2)), entropy).dataSync()[0];
    });
    assert(expected > 0.01);
    assertAlmostEquals(termValue(phase, batch), 0.3 * 4 * expected, 1e-5);
    disposeBatch(batch);
  });
});

Deno.test("generalized where both see the same is Hinton's distillation", async () => {
  await withDistillation(generalized.create({ weight: 0.9, temperature: 4 }), context, async ({ phases: [phase] }) => {
    const { phases: [plain] } = await kd.create({ temperature: 4, alpha: 0.1 }).prepare(context);
    const batch = madeBatch(context, phase);
    assertAlmostEquals(termValue(phase, batch), termValue(plain, batch), 1e-6);
    assertAlmostEquals(phase.taskWeight as number, 0.1, 1e-12);
    assertEquals(phase.softTargets?.temperature, 4);
    assertAlmostEquals(phase.softTargets?.alpha ?? NaN, 0.1, 1e-12);
    disposeBatch(batch);
  });
});

Deno.test("generalized's gradient is that of the loss", async () => {
  await assertGradients(generalized.create({ weight: 0.5, temperature: 2 }), context);
});
