import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "../../../src/distillation/cross_entropy.ts";
import type { Distiller } from "../../../src/distillation/distiller.ts";
import { Exits } from "../../../src/distillation/exits.ts";
import { softDivergence } from "../../../src/distillation/kd.ts";
import { exitLoss, exitStages, self } from "../../../src/distillation/self.ts";
import { completeOptions } from "../../../src/distillation/table.ts";
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

const create = (options: Record<string, unknown> = {}): Distiller =>
  self.create(self.options.parse(completeOptions(self, options)));
const student = madeTaps([[5, 5, 3], [4, 4, 4], [1, 1, 5], [2, 3, 6]], { embedding: 7 });
const context = madeContext({ student, teachers: [], batchSize: 4 });

const labels = () => tf.tensor2d([[1, 0, 0], [0, 0, 1]]);
const output = (seed: number) => ({
  logits: randomTensor([2, 3], seed) as tf.Tensor2D,
  features: randomTensor([2, 4], seed + 100) as tf.Tensor2D,
});

Deno.test("self without teacher and hint is deep supervision", () => {
  tf.tidy(() => {
    const exits = [output(1), output(2)];
    const deepest = output(3);
    const loss = exitLoss(exits, { labels: labels(), deepest, alpha: 0, temperature: 3, hint: 0 }).dataSync()[0];
    const expected = exits.reduce((sum, { logits }) => sum + crossEntropy(labels(), logits).dataSync()[0], 0);
    assertAlmostEquals(loss, expected, 1e-5);
  });
});

Deno.test("self where all heads and features are the same leaves the labels' share", () => {
  tf.tidy(() => {
    const deepest = output(3);
    const options = { labels: labels(), deepest, alpha: 0.3, temperature: 3, hint: 0.5 };
    const loss = exitLoss([deepest, deepest], options).dataSync()[0];
    assertAlmostEquals(loss, 2 * 0.7 * crossEntropy(labels(), deepest.logits).dataSync()[0], 1e-5);
  });
});

Deno.test("self adds up labels, softened deepest classifier and squared distance of features", () => {
  tf.tidy(() => {
    const exits = [output(1), output(2)];
    const deepest = output(3);
    const options = { labels: labels(), deepest, alpha: 0.3, temperature: 3, hint: 0.5 };
    const expected = exits.reduce((sum, { features, logits }) => {
      const hard = crossEntropy(labels(), logits).dataSync()[0];
      const soft = softDivergence(deepest.logits, logits, 3).dataSync()[0];
      const distance = tf.sum(tf.squaredDifference(features, deepest.features)).dataSync()[0] / 2;
      return sum + 0.7 * hard + 0.3 * soft + 0.5 * distance;
    }, 0);
    assertAlmostEquals(exitLoss(exits, options).dataSync()[0], expected, 1e-4);
  });
});

Deno.test("self gives no gradient to the deepest classifier and its features, but to exits and stages", async () => {
  await withDistillation(create({ hint: 0.1 }), context, ({ phases: [phase] }) => {
    assertEquals(phase.taskWeight, 1);
    const batch = madeBatch(context, phase);
    const { term } = phase;
    assert(term);
    tf.tidy(() => {
      const gradients = tf.grads((logits: tf.Tensor, embedding: tf.Tensor) =>
        term.call(phase, {
          ...batch,
          student: { outputs: { logits }, features: { ...batch.student.features, embedding } },
        })
      )([batch.student.outputs.logits, batch.student.features.embedding]);
      for (const gradient of gradients) assertEquals(Math.max(...gradient.dataSync().map(Math.abs)), 0);
    });
    const exits = phase.studentFeatures?.filter((name) => name !== "embedding") ?? [];
    assertEquals(exits, ["stage1", "stage2", "stage3"]);
    assertTermGradient({ ...phase, readsOutputs: false, studentFeatures: exits }, batch);
    disposeBatch(batch);
  });
});

Deno.test("self's exits are spread over the stages before the last", () => {
  const stages = madeTaps(Array.from({ length: 7 }, () => [4, 4, 2] as const)).stages;
  const names = (count: number, all = stages) => exitStages(all, count).map(({ name }) => name);
  assertEquals(names(3), ["stage2", "stage4", "stage6"]);
  assertEquals(names(1), ["stage6"]);
  assertEquals(names(16), ["stage1", "stage2", "stage3", "stage4", "stage5", "stage6"]);
  assertEquals(names(3, stages.slice(0, 3)), ["stage1", "stage2"]);
  assertEquals(names(3, stages.slice(0, 1)), ["stage1"]);
  assertThrows(() => exitStages([], 3), RangeError, "self puts exits at stages of the student, but it has none");
});

Deno.test("self's weight scales its exits, whose taps are only those that are read", async () => {
  const values: number[] = [];
  for (const weight of [1, 2]) {
    await withDistillation(create({ alpha: 0, hint: 0, weight }), context, ({ phases: [phase] }) => {
      assertEquals(phase.readsOutputs, false);
      assert(!phase.studentFeatures?.includes("embedding"));
      const batch = madeBatch(context, phase);
      values.push(termValue(phase, batch));
      disposeBatch(batch);
    });
  }
  assertAlmostEquals(values[1], 2 * values[0], 1e-4);
});

Deno.test("exits pool stages of any size to the same width", () => {
  const before = tf.memory().numTensors;
  const exits = new Exits(student.stages, { features: 7, classes: 3, cells: 2, seed: 1 });
  tf.tidy(() => {
    const features = Object.fromEntries(
      student.stages.map(({ name, shape }, index) => [name, randomTensor([2, ...shape], index)]),
    );
    for (const { features: bottleneck, logits } of exits.apply(features)) {
      assertEquals(bottleneck.shape, [2, 7]);
      assertEquals(logits.shape, [2, 3]);
    }
  });
  exits.dispose();
  assertEquals(tf.memory().numTensors, before);
});
