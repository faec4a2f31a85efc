import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import {
  darkrank,
  hardRankLoss,
  logOrderProbability,
  orders,
  pairScores,
  softRankLoss,
} from "../../../src/distillation/darkrank.ts";
import type { Distiller } from "../../../src/distillation/distiller.ts";
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

const create = (options: Record<string, unknown> = {}): Distiller =>
  darkrank.create(darkrank.options.parse(completeOptions(darkrank, options)));
const context = madeContext({
  student: madeTaps([], { embedding: 6 }),
  teachers: [madeTaps([], { embedding: 9 })],
  batchSize: 8,
});

Deno.test("darkrank gives an order its Plackett-Luce probability", () => {
  tf.tidy(() => {
    const scores = [4, 2, 1].map(Math.log);
    const probability = (order: number[]) =>
      Math.exp(logOrderProbability(tf.tensor1d(order.map((item) => scores[item]))).dataSync()[0]);
    assertAlmostEquals(probability([0, 1, 2]), 8 / 21, 1e-6);
    const all = orders(3).map(probability);
    assertEquals(all.length, 6);
    assertAlmostEquals(all.reduce((sum, value) => sum + value), 1, 1e-6);
  });
});

Deno.test("darkrank's hard loss is log n! where all scores are equal", () => {
  tf.tidy(() => {
    assertAlmostEquals(hardRankLoss(tf.zeros([5, 3])).dataSync()[0], 1.7918, 1e-4);
    assertAlmostEquals(hardRankLoss(tf.fill([5, 4], -7)).dataSync()[0], 3.1781, 1e-4);
  });
});

Deno.test("darkrank stays finite where probabilities vanish, and does not change when scores are shifted", () => {
  tf.tidy(() => {
    const far = tf.tensor2d([[0, -200, -400]]);
    const backwards = tf.tensor2d([[-400, -200, 0]]);
    assertAlmostEquals(hardRankLoss(backwards).dataSync()[0], 600, 1e-2);
    assertAlmostEquals(softRankLoss(far, backwards).dataSync()[0], 600, 1e-2);
    const scores = randomTensor([4, 3], 1) as tf.Tensor2D;
    const other = randomTensor([4, 3], 2) as tf.Tensor2D;
    const soft = softRankLoss(scores, other).dataSync()[0];
    assert(soft > 1e-3);
    assertAlmostEquals(softRankLoss(tf.add(scores, 5), tf.sub(other, 3)).dataSync()[0], soft, 1e-5);
    assertAlmostEquals(softRankLoss(scores, scores).dataSync()[0], 0, 1e-6);
  });
});

Deno.test("darkrank's soft loss is the divergence over all orders, summed one by one", () => {
  const log = (scores: number[]) =>
    scores.reduce(
      (sum, score, at) => sum + score - Math.log(scores.slice(at).reduce((total, other) => total + Math.exp(other), 0)),
      0,
    );
  const [teacher, student] = [[0.3, -1, 0.5, 0.1], [-0.2, 0.4, 0.9, -1.5]];
  let expected = 0;
  for (const order of orders(4)) {
    const ofTeacher = log(order.map((item) => teacher[item]));
    expected += Math.exp(ofTeacher) * (ofTeacher - log(order.map((item) => student[item])));
  }
  const value = tf.tidy(() => softRankLoss(tf.tensor2d([teacher]), tf.tensor2d([student])).dataSync()[0]);
  assertAlmostEquals(value, expected, 1e-5);
});

Deno.test("darkrank scores pairs by -scale * distance^power of unit embeddings", () => {
  const scores = tf.tidy(() => pairScores(tf.tensor2d([[2, 0], [0, 5]]), { scale: 3, power: 3 }).arraySync());
  assertAlmostEquals(scores[0][1], -3 * Math.SQRT2 ** 3, 1e-4);
  assertAlmostEquals(scores[1][0], scores[0][1], 1e-6);
});

for (const mode of ["hard", "soft"] as const) {
  Deno.test(`darkrank ${mode}: the gradient is that of the loss, for any number of channels`, async () => {
    await assertGradients(create({ mode }), context);
  });

  Deno.test(`darkrank ${mode}: turning and scaling the student's embeddings changes nothing`, async () => {
    await withDistillation(create({ mode }), context, ({ phases: [phase] }) => {
      const batch = madeBatch(context, phase);
      const { embedding } = batch.student.features;
      const value = termValue(phase, batch);
      const turned = tf.tidy(() => {
        const angle = 0.7;
        const turn = tf.eye(6).arraySync();
        [turn[0][0], turn[0][3], turn[3][0], turn[3][3]] = [
          Math.cos(angle),
          -Math.sin(angle),
          Math.sin(angle),
          Math.cos(angle),
        ];
        return tf.mul(tf.matMul(embedding as tf.Tensor2D, tf.tensor2d(turn)), 4);
      });
      const moved = { ...batch, student: { ...batch.student, features: { embedding: turned } } };
      assertAlmostEquals(termValue(phase, moved), value, 1e-4);
      turned.dispose();
      disposeBatch(batch);
    });
  });
}

Deno.test("darkrank ranks each query's nearest images of the teacher, in its order", async () => {
  await withDistillation(
    create({ mode: "hard", listLength: 2, weight: 1, power: 2, scale: 1 }),
    context,
    ({ phases: [phase] }) => {
      const batch = madeBatch(context, phase);
      const unit = (rows: number[][]) => rows.map((row) => row.map((value) => value / Math.hypot(...row)));
      const squared = (tensor: tf.Tensor) => {
        const rows = unit(tensor.arraySync() as number[][]);
        return rows.map((row) =>
          rows.map((other) => row.reduce((sum, value, at) => sum + (value - other[at]) ** 2, 0))
        );
      };
      const teacher = squared(batch.teachers[0].features.embedding);
      const student = squared(batch.student.features.embedding);
      let expected = 0;
      for (const [query, distances] of teacher.entries()) {
        const others = [...distances.keys()].filter((other) => other !== query);
        const [first, second] = others.sort((a, b) => distances[a] - distances[b]);
        expected += Math.log(1 + Math.exp(student[query][first] - student[query][second])) / teacher.length;
      }
      assertAlmostEquals(termValue(phase, batch), expected, 1e-4);
      disposeBatch(batch);
    },
  );
});

Deno.test("darkrank refuses lists that it cannot rank", async () => {
  assertThrows(() => create({ mode: "soft", listLength: 7 }), RangeError, "lists have 6 images at most");
  await assertRejects(
    async () => await create({ mode: "hard", listLength: 8 }).prepare(context),
    RangeError,
    "darkrank ranks lists of 8, which takes batches of 9 images, got 8",
  );
  const { embedding: _, ...none } = madeTaps([]);
  await assertRejects(
    async () => await create().prepare({ ...context, teachers: [none] }),
    RangeError,
    "darkrank compares pooled features, but the teacher has none",
  );
});
