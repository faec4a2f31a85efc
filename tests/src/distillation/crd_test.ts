import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { hashSeed } from "../../../src/data/random.ts";
import { inBatchLoss, negativeWeights, noiseContrastiveLoss } from "../../../src/distillation/contrast.ts";
import { crd } from "../../../src/distillation/crd.ts";
import type { DistillationBatch, Distiller, Phase } from "../../../src/distillation/distiller.ts";
import { MemoryBank } from "../../../src/distillation/memory_bank.ts";
import { completeOptions } from "../../../src/distillation/table.ts";
import {
  assertTermGradient,
  disposeBatch,
  madeBatch,
  madeContext,
  madeTaps,
  termValue,
  withDistillation,
} from "./loss_checks.ts";

await tf.setBackend("cpu");

const create = (options: Record<string, unknown> = {}): Distiller =>
  crd.create(crd.options.parse(completeOptions(crd, options)));
const context = madeContext({
  student: madeTaps([], { embedding: 6 }),
  teachers: [madeTaps([], { embedding: 9 })],
  batchSize: 8,
});

/** The embeddings `[side][N][width]` that the phase's layers make, in plain numbers. */
function embeddings({ variables = [] }: Phase, { student, teachers }: DistillationBatch): number[][][] {
  return [student, teachers[0]].map(({ features }, side) => {
    const rows = features.embedding.arraySync() as number[][];
    const matrix = variables[2 * side].arraySync() as number[][];
    const bias = variables[2 * side + 1].arraySync() as number[];
    return rows.map((row) => {
      const linear = bias.map((start, column) =>
        row.reduce((sum, value, at) => sum + value * matrix[at][column], start)
      );
      return linear.map((value) => value / Math.hypot(...linear));
    });
  });
}

const dot = (a: number[], b: number[]) => a.reduce((sum, value, at) => sum + value * b[at], 0);

Deno.test("crd's contrast of one positive and four negatives at chance is log 5 + 4 log 1.25, for any number of images", () => {
  for (const n of [10, 1000, 60000]) {
    const value = tf.tidy(() => {
      const logZ = tf.scalar(Math.log(n));
      const scores = { positive: tf.zeros([3]), negative: tf.zeros([4, 3]) };
      return noiseContrastiveLoss(scores, { logZ, n, negatives: 4, weights: tf.ones([4, 3]) }).dataSync()[0];
    });
    assertAlmostEquals(value, 2.50201, 1e-5);
  }
});

Deno.test("crd in-batch is log N where all embeddings are the same", () => {
  tf.tidy(() => {
    const same = tf.tile(tf.tensor2d([[0.6, 0.8]]), [8, 1]) as tf.Tensor2D;
    const loss = (hidden: tf.Tensor2D) => inBatchLoss(same, same, { hidden, temperature: 0.07 }).dataSync()[0];
    assertAlmostEquals(loss(tf.zeros([8, 8])), 2.07944, 1e-5);
    // Half of the others are of the same class.
    const hidden = tf.tidy(() => {
      const odd = Array.from(
        { length: 8 },
        (_, row) => Array.from({ length: 8 }, (_, at) => +(at !== row && (at + row) % 2 === 0)),
      );
      return tf.tensor2d(odd);
    });
    assertAlmostEquals(loss(hidden), Math.log(5), 1e-5);
  });
});

Deno.test("crd in-batch compares each image with those of other classes, both ways", async () => {
  await withDistillation(
    create({ mode: "in-batch", temperature: 0.5, weight: 2, width: 4 }),
    context,
    ({ phases: [phase] }) => {
      const batch = madeBatch(context, phase);
      const [ofStudent, ofTeacher] = embeddings(phase, batch);
      const direction = (from: number[][], to: number[][]) =>
        from.reduce((sum, row, at) => {
          const scores = to.map((other) => Math.exp(dot(row, other) / 0.5));
          const others = scores.filter((_, other) => other === at || other % 3 !== at % 3);
          return sum - Math.log(scores[at] / others.reduce((a, b) => a + b)) / from.length;
        }, 0);
      const expected = direction(ofStudent, ofTeacher) + direction(ofTeacher, ofStudent);
      assertAlmostEquals(termValue(phase, batch), 2 * expected / 2, 1e-4);
      disposeBatch(batch);
    },
  );
});

for (const mode of ["bank", "in-batch"]) {
  Deno.test(`crd ${mode}: the gradient is that of the loss, and reaches both layers`, async () => {
    const distiller = create({ mode, negatives: 16, temperature: 0.5, width: 5 });
    await withDistillation(distiller, context, ({ phases: [phase] }) => {
      assertEquals(phase.variables?.length, 4);
      const batch = madeBatch(context, phase);
      // The first call fixes Z, which later ones take as a constant.
      termValue(phase, batch);
      assertTermGradient(phase, batch);
      tf.tidy(() => phase.afterStep?.(batch));
      disposeBatch(batch);
    });
  });

  Deno.test(`crd ${mode}: does not depend on the length of features where the bias is zero`, async () => {
    await withDistillation(create({ mode, negatives: 16, width: 5 }), context, ({ phases: [phase] }) => {
      const batch = madeBatch(context, phase);
      const value = termValue(phase, batch);
      const longer = tf.mul(batch.student.features.embedding, 7);
      const moved = { ...batch, student: { ...batch.student, features: { embedding: longer } } };
      assertAlmostEquals(termValue(phase, moved), value, 1e-4 * Math.abs(value));
      longer.dispose();
      disposeBatch(batch);
    });
  });
}

Deno.test("crd starts at chance: Z makes the mean P of the first batch 1 / n", async () => {
  await withDistillation(create({ negatives: 512, temperature: 1, weight: 1 }), context, ({ phases: [phase] }) => {
    const batch = madeBatch(context, phase);
    const chance = Math.log(513) + 512 * Math.log1p(1 / 512);
    // Scores of random directions in 128 dimensions hardly differ.
    assertAlmostEquals(termValue(phase, batch) / (2 * chance), 1, 0.02);
    disposeBatch(batch);
  });
});

Deno.test("crd's loss changes by the banks only after a step, and trains embeddings of one image together", async () => {
  const distiller = create({ negatives: 64, temperature: 0.2, width: 8, momentum: 0 });
  await withDistillation(distiller, context, ({ phases: [phase] }) => {
    const batch = madeBatch(context, phase);
    const before = termValue(phase, batch);
    assertAlmostEquals(termValue(phase, batch), before, 1e-6);
    tf.tidy(() => phase.afterStep?.(batch));
    assert(Math.abs(termValue(phase, batch) - before) > 1e-3);
    const optimizer = tf.train.adam(0.05);
    const losses = Array.from({ length: 40 }, () => {
      const { term } = phase;
      assert(term);
      const { value, grads } = tf.variableGrads(() => term.call(phase, batch), [...phase.variables ?? []]);
      optimizer.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
      tf.tidy(() => phase.afterStep?.(batch));
      const loss = value.dataSync()[0];
      tf.dispose([value, grads]);
      return loss;
    });
    optimizer.dispose();
    assert(losses[39] < 0.8 * losses[0], `${losses[0]} -> ${losses[39]}`);
    disposeBatch(batch);
  });
});

Deno.test("crd leaves the anchor's own class out of a draw, and weighs the others up to K", () => {
  tf.tidy(() => {
    const classes = [0, 0, 1, 2];
    const drawn = Uint32Array.of(0, 2, 3, 1);
    const weights = negativeWeights({ positions: Uint32Array.of(0, 2, 3), drawn, classes, negatives: 6 });
    assertEquals(weights.arraySync(), [[0, 2, 2], [3, 0, 2], [3, 2, 0], [0, 2, 2]]);
    const none = negativeWeights({ positions: Uint32Array.of(1), drawn: drawn.subarray(3), classes, negatives: 6 });
    assertEquals(none.arraySync(), [[0]]);
  });
});

Deno.test("crd by banks is the paper's loss, worked out in plain numbers", async () => {
  const [negatives, width, temperature, n] = [12, 4, 0.3, 40];
  const distiller = create({ negatives, width, temperature, weight: 1, mode: "bank" });
  await withDistillation(distiller, context, ({ phases: [phase] }) => {
    const batch = madeBatch(context, phase);
    const own = embeddings(phase, batch);
    const bank = new MemoryBank({ count: n, width, sides: 2, momentum: 0.5, seed: hashSeed(5, "crd banks") });
    const places = Uint32Array.from({ length: n }, (_, place) => place);
    const rows = [0, 1].map((side) => tf.tidy(() => bank.rows(side, places).arraySync()));
    const { places: pool, sides } = bank.draw(negatives);
    tf.dispose(sides);
    bank.dispose();
    let expected = 0;
    for (const side of [0, 1]) {
      const others = rows[1 - side];
      const scores = own[side].map((row, anchor) => ({
        positive: Math.exp(dot(row, others[anchor]) / temperature),
        negative: [...pool].filter((place) => place % 3 !== anchor % 3)
          .map((place) => Math.exp(dot(row, others[place]) / temperature)),
      }));
      const all = scores.flatMap(({ positive, negative }) => [positive, ...negative]);
      const z = n * all.reduce((sum, value) => sum + value) / all.length;
      for (const { positive, negative } of scores) {
        const h = (score: number) => score / z / (score / z + negatives / n);
        const sum = negative.reduce((sum, score) => sum - Math.log(1 - h(score)), 0);
        expected += (-Math.log(h(positive)) + sum * negatives / negative.length) / own[side].length;
      }
    }
    assertAlmostEquals(termValue(phase, batch), expected, 1e-4 * expected);
    disposeBatch(batch);
  });
});

Deno.test("where all images have one class, crd takes each image as its own", async () => {
  const labels = new Array(40).fill(0);
  await withDistillation(create({ mode: "in-batch" }), { ...context, labels }, ({ phases: [phase] }) => {
    const batch = madeBatch(context, phase);
    assert(termValue(phase, batch) > 0.1);
    disposeBatch(batch);
  });
});

Deno.test("a memory bank moves its rows by the momentum and keeps them on the sphere", () => {
  const before = tf.memory().numTensors;
  const bank = new MemoryBank({ count: 5, width: 3, sides: 2, momentum: 0.5, seed: 1 });
  const all = Uint32Array.of(0, 1, 2, 3, 4);
  const read = (side: number) => tf.tidy(() => bank.rows(side, all).arraySync());
  const [first, second] = [read(0), read(1)];
  assert(first[0][0] !== second[0][0]);
  for (const row of first) assertAlmostEquals(Math.hypot(...row), 1, 1e-6);
  const rows = tf.tensor2d([[1, 0, 0], [0, 1, 0]]);
  bank.update(0, Uint32Array.of(3, 1), rows);
  const now = read(0);
  for (const place of [0, 2, 4]) assertEquals(now[place], first[place]);
  for (const [at, place] of [3, 1].entries()) {
    const moved = first[place].map((value, column) => value / 2 + (column === at ? 0.5 : 0));
    const length = Math.hypot(...moved);
    now[place].forEach((value, column) => assertAlmostEquals(value, moved[column] / length, 1e-6));
  }
  assertEquals(read(1), second);
  // Enough draws to begin at every row, and to go on at the first one after the last.
  const places = new Set(Array.from({ length: 40 }, () => {
    const { places, sides } = bank.draw(3);
    assertEquals(new Set(places).size, 3);
    for (const [side, current] of [now, second].entries()) {
      assertEquals(sides[side].arraySync(), Array.from(places, (place) => current[place]));
    }
    tf.dispose(sides);
    return places.join();
  }));
  assertEquals(places.size, 5);
  const whole = bank.draw(1000);
  assertEquals([...whole.places].sort(), [0, 1, 2, 3, 4]);
  tf.dispose(whole.sides);
  rows.dispose();
  bank.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("crd refuses networks without pooled features", () => {
  const { embedding: _, ...none } = madeTaps([]);
  assertThrows(() => create().prepare({ ...context, student: none }), RangeError, "the student has none");
});
