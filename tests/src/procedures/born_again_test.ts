import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { hashSeed, Random } from "../../../src/data/random.ts";
import type { DistillationBatch } from "../../../src/distillation/distiller.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { bornAgain } from "../../../src/procedures/born_again.ts";
import {
  bornAgainVariants,
  confidenceWeights,
  generationLoss,
  permutedTeacher,
  permuteOthers,
} from "../../../src/procedures/born_again_losses.ts";
import { logitsTeacher } from "../../../src/teachers/logits_teacher.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import { networkTeacher } from "../../../src/teachers/network_teacher.ts";
import type { Teacher } from "../../../src/teachers/teacher.ts";
import { train } from "../../../src/training/train.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { barContext, barTeacher, countingEngine, student, tiny } from "./bars.ts";

const engine = await startWasmEngine();
await startTensors(engine);

const logitsOf = (rows: number[][]) => tf.tensor2d(rows.map((row) => row.map(Math.log)));
const teacherRows = [[0.9, 0.05, 0.05], [0.2, 0.6, 0.2], [0.3, 0.2, 0.5]];

Deno.test("weights by confidence are those worked out by hand", () => {
  const weights = tf.tidy(() => [...confidenceWeights(logitsOf(teacherRows)).dataSync()]);
  for (const [index, expected] of [0.45, 0.3, 0.25].entries()) assertAlmostEquals(weights[index], expected, 1e-6);
});

const someTeacher = logitsTeacher({
  name: "some",
  hash: "0",
  classes: 3,
  read: () => Promise.resolve(new Float32Array(9)),
});

async function cwtmTerm() {
  const { phases: [phase] } = await generationLoss("cwtm", someTeacher, 1).distiller.prepare(undefined as never);
  assertEquals(phase.taskWeight, 0);
  return (logits: tf.Tensor) =>
    phase.term!(
      {
        student: { outputs: { logits }, features: {} },
        teachers: [{ outputs: { logits: logitsOf(teacherRows) }, features: {} }],
        targets: { labels: tf.tensor2d([[1, 0, 0], [0, 1, 0], [1, 0, 0]]) },
        positions: Uint32Array.of(0, 1, 2),
        progress: 0,
      } satisfies DistillationBatch,
    );
}

Deno.test("the weighted loss is the weighted cross-entropy of the labels, its gradient that of finite differences", async () => {
  const term = await cwtmTerm();
  const point = [0.5, -0.2, 0.1, 1, 0.4, -1, 0, 0.3, 0.9];
  const at = (values: number[]) => tf.tidy(() => term(tf.tensor2d(values, [3, 3])).dataSync()[0]);
  const crossEntropy = (row: number[], label: number) =>
    -Math.log(Math.exp(row[label]) / row.reduce((sum, value) => sum + Math.exp(value), 0));
  const expected = 0.45 * crossEntropy(point.slice(0, 3), 0) + 0.3 * crossEntropy(point.slice(3, 6), 1) +
    0.25 * crossEntropy(point.slice(6), 0);
  assertAlmostEquals(at(point), expected, 1e-5);
  const gradient = tf.tidy(() => [...tf.grad(term)(tf.tensor2d(point, [3, 3])).dataSync()]);
  const step = 1e-2;
  for (const [index, value] of gradient.entries()) {
    const moved = (by: number) => at(point.map((one, place) => place === index ? one + by : one));
    assertAlmostEquals(value, (moved(step) - moved(-step)) / (2 * step), 1e-3);
  }
});

Deno.test("permuted predictions keep the largest value in its place and all values", () => {
  const random = new Random(3);
  const row = Float32Array.of(0.1, 2, -1, 0.7, 0.3);
  const orders = new Set<string>();
  for (let draw = 0; draw < 200; draw++) {
    const permuted = permuteOthers(row, random);
    assertEquals(permuted[1], 2);
    assertEquals(permuted.toSorted(), row.toSorted());
    orders.add(permuted.join());
  }
  // All 4! orders of the others, and so also the same entropy.
  assertEquals(orders.size, 24);
  assertEquals(permuteOthers(Float32Array.of(1, 1), random), Float32Array.of(1, 1));
});

Deno.test("a permuted teacher permutes each image by itself, the same way for the same seed", async () => {
  const rows = 40;
  const all = Float32Array.from({ length: rows * 4 }, (_, place) => place % 4);
  const teacher = logitsTeacher({ name: "four", hash: "0", classes: 4, read: () => Promise.resolve(all) });
  const request = {
    images: new Float32Array(),
    labels: new Int32Array(),
    positions: Uint32Array.from({ length: rows }, (_, row) => row),
    indices: new Uint32Array(),
    view: 0,
    features: [],
  };
  const said = async (seed: number) => (await permutedTeacher(teacher, seed).outputs(request)).logits;
  const first = await said(1);
  const kinds = new Set(Array.from({ length: rows }, (_, row) => first.slice(4 * row, 4 * row + 4).join()));
  assert(kinds.size > 1);
  assert([...kinds].every((kind) => kind.endsWith(",3")), [...kinds].join("; "));
  assertEquals(await said(1), first);
  assertNotEquals(await said(2), first);
});

for (const variant of bornAgainVariants) {
  Deno.test(`generations of ${variant} start from new weights, learn, and free what they made`, async () => {
    const lines: string[] = [];
    const steps: number[] = [];
    const procedure = bornAgain.create(bornAgain.options.parse({ variant }));
    const counting = countingEngine(engine);
    const context = barContext(counting, {
      epochs: 3,
      log: (line) => lines.push(line),
      onStep: (step, all) => {
        assertEquals(all, 54);
        steps.push(step);
      },
    });
    const tensors = tf.memory().numTensors;
    const result = await procedure.run(context);
    assertEquals([tf.memory().numTensors, counting.live], [tensors, 0]);
    assertEquals(result.steps, 54);
    assertEquals(steps.at(-1), 54);
    const { accuracies, ensembleAccuracy, accuracy } = result.details as {
      accuracies: number[];
      ensembleAccuracy: number;
      accuracy: number;
    };
    assertEquals(accuracies.length, 3);
    assertEquals(accuracies[2], accuracy);
    assert(Math.min(...accuracies, ensembleAccuracy) > 0.6, JSON.stringify(result.details));
    assertEquals(lines.map((line) => line.split(":")[0]), [
      "generation 0",
      "generation 1",
      "generation 2",
      "ensemble of 3 networks",
    ]);
    assertEquals((await procedure.run({ ...context, log: undefined, onStep: undefined })).weights, result.weights);
  });
}

Deno.test("a given teacher takes the place of the first network, for a student of a search space too", async () => {
  const teacher = await barTeacher(engine);
  const context = barContext(engine, { architecture: student, teachers: [teacher], epochs: 1 });
  const result = await bornAgain.create(bornAgain.options.parse({ generations: 1, variant: "cwtm" })).run(context);
  assertEquals(result.steps, 6);
  assertEquals((result.details.accuracies as number[]).length, 1);
  teacher.dispose();
});

Deno.test("each generation is a training of new weights by the one before, as by hand", async () => {
  const teacher = await barTeacher(engine);
  const context = barContext(engine, { teachers: [teacher] });
  const seeds = [1, 2].map((generation) => hashSeed(context.seed, "generation", generation));
  const trainBy = async (teacher: Teacher, seed: number) =>
    await train(tiny, {
      ...context,
      seed,
      teachers: [teacher],
      distiller: createDistiller("kd", { temperature: 1, alpha: 0 }),
    });
  const first = await trainBy(teacher, seeds[0]);
  const middle = networkTeacher({ name: "first", architecture: tiny, weights: first.weights, engine, batchSize: 40 });
  const second = await trainBy(middle, seeds[1]);
  const result = await bornAgain.create(bornAgain.options.parse({})).run(context);
  assertEquals(result.weights, second.weights);
  teacher.dispose();
  middle.dispose();
});

Deno.test("an abort ends the generations", async () => {
  const abort = new AbortController();
  const counting = countingEngine(engine);
  const context = barContext(counting, {
    signal: abort.signal,
    onStep: (step) => step === 14 ? abort.abort(new Error("enough")) : undefined,
  });
  const outcome = await bornAgain.create(bornAgain.options.parse({})).run(context).catch((error) => error.message);
  assertEquals([outcome, counting.live], ["enough", 0]);
});
