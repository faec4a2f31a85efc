import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { Random } from "../../../src/data/random.ts";
import type { RenderingName } from "../../../src/data/renderings.ts";
import { softDivergence } from "../../../src/distillation/kd.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { countParameters } from "../../../src/ops/layout.ts";
import { labelledTargets, noisyStudent, pseudoTargets, studentEpochs } from "../../../src/procedures/noisy_student.ts";
import { noisyBatches, rowsOfBatch } from "../../../src/procedures/noisy_student/noisy_batches.ts";
import { resized, sizeOfShare, weightedCrossEntropy } from "../../../src/procedures/noisy_student/noisy_training.ts";
import { balance, confidentRows, smoothedTarget } from "../../../src/procedures/noisy_student/pseudo_labels.ts";
import type { RandAugmentOptions } from "../../../src/procedures/noisy_student/rand_augment.ts";
import { labelImages, unlabelledImages } from "../../../src/procedures/noisy_student/unlabelled_images.ts";
import { logitsTeacher } from "../../../src/teachers/logits_teacher.ts";
import { barTeacher, contextOf, data, dataset, reference, smallStudent } from "./compression_fixtures.ts";

const engine = await startWasmEngine();
const classes = 3;

/** Rows of probabilities, drawn. */
function drawnProbabilities(rows: number): Float32Array {
  const random = new Random(5);
  const probabilities = new Float32Array(rows * classes);
  for (let row = 0; row < rows; row++) {
    const drawn = Array.from({ length: classes }, () => random.next() ** 3 + 1e-3);
    const sum = drawn.reduce((a, b) => a + b);
    probabilities.set(drawn.map((value) => value / sum), row * classes);
  }
  return probabilities;
}

Deno.test("a threshold of 0 keeps all images, one above 1 none", () => {
  const probabilities = drawnProbabilities(40);
  assertEquals(confidentRows(probabilities, classes, 0).length, 40);
  assertEquals(confidentRows(probabilities, classes, 1.01).length, 0);
  const some = confidentRows(probabilities, classes, 0.6);
  assert(some.length > 0 && some.length < 40);
  for (const { row, label, confidence } of some) {
    assert(confidence >= 0.6);
    assertEquals(probabilities[row * classes + label], confidence);
  }
});

Deno.test("balanced classes have as many as was asked for: the most confident, or all of them several times", () => {
  const labels = [
    { row: 0, label: 0, confidence: 0.5 },
    { row: 1, label: 0, confidence: 0.9 },
    { row: 2, label: 0, confidence: 0.7 },
    { row: 3, label: 1, confidence: 0.8 },
  ];
  const balanced = balance(labels, classes, 2);
  assertEquals(balanced.map(({ row }) => row), [1, 2, 3, 3]);
  const probabilities = drawnProbabilities(60);
  const counts = [0, 0, 0];
  for (const { label } of balance(confidentRows(probabilities, classes, 0), classes, 17)) counts[label]++;
  assertEquals(counts, [17, 17, 17]);
});

Deno.test("soft targets are the teacher's probabilities, hard ones its choice", () => {
  const probabilities = drawnProbabilities(5);
  const images = { set: dataset.train, indices: Uint32Array.of(9, 8, 7, 6, 5) };
  const options = { threshold: 0, balanced: false, perClass: 0 };
  const soft = pseudoTargets(images, probabilities, { ...options, labels: "soft" });
  assertEquals(soft.targets, probabilities);
  assertEquals(soft.indices, images.indices);
  const hard = pseudoTargets(images, probabilities, { ...options, labels: "hard" });
  for (let row = 0; row < 5; row++) {
    const own = [...hard.targets.subarray(row * classes, (row + 1) * classes)];
    assertEquals(own.toSorted(), [0, 0, 1]);
    const likeliest = probabilities.subarray(row * classes, (row + 1) * classes);
    assertEquals(own.indexOf(1), likeliest.indexOf(Math.max(...likeliest)));
  }
});

Deno.test("smoothed labels sum up to one", () => {
  const target = new Float32Array(4);
  smoothedTarget(2, 0.1, target);
  assertEquals([...target].map((value) => Math.round(1e6 * value) / 1e6), [0.025, 0.025, 0.925, 0.025]);
});

Deno.test("a ratio of 0 is the labelled images alone", () => {
  assertEquals(rowsOfBatch(16, 0), { labelled: 16, unlabelled: 0 });
  assertEquals(rowsOfBatch(16, 1), { labelled: 8, unlabelled: 8 });
  assertEquals(rowsOfBatch(16, 14), { labelled: 1, unlabelled: 15 });
  assertEquals(rowsOfBatch(2, 60), { labelled: 1, unlabelled: 1 });
});

const noNoise = { operations: 0, magnitude: 0 };

Deno.test("the loss is the labelled mean and the ratio times the unlabelled mean", async () => {
  const context = await contextOf({ engine, trainImages: 100 });
  const images = unlabelledImages(context);
  assertEquals(images.indices.length, data.train.length - 100);
  const probabilities = drawnProbabilities(images.indices.length);
  const options = { threshold: 0, balanced: false, perClass: 0, labels: "soft" as const };
  for (const ratio of [0, 1, 3]) {
    const batches = noisyBatches({
      data,
      labelled: labelledTargets(context, 0.1),
      unlabelled: pseudoTargets(images, probabilities, options),
      ratio,
      batchSize: 16,
      batchesPerEpoch: 2,
      size: { height: 8, width: 8 },
      augmentation: noNoise,
      seed: 1,
    });
    const epochs: number[] = [];
    for (let i = 0; i < 4; i++) {
      const { value } = await batches.next();
      assert(value);
      const { labelled } = rowsOfBatch(16, ratio);
      const sum = (weights: Float32Array) => weights.reduce((total, weight) => total + weight, 0);
      assertAlmostEquals(sum(value.weights.subarray(0, labelled)), 1, 1e-6);
      assertAlmostEquals(sum(value.weights.subarray(labelled)), ratio, 1e-6);
      epochs.push(value.epoch);
    }
    assertEquals(epochs, [0, 0, 1, 1]);
  }
});

Deno.test("images under noise are drawn as the data's rendering has them, at either size", async () => {
  const context = await contextOf({ engine, trainImages: 100 });
  const unlabelled = pseudoTargets(unlabelledImages(context), drawnProbabilities(data.train.length - 100), {
    threshold: 0,
    balanced: false,
    perClass: 0,
    labels: "soft",
  });
  const batchOf = async (rendering: RenderingName | undefined, side: number, augmentation: RandAugmentOptions) => {
    const batches = noisyBatches({
      data: { ...data, rendering },
      labelled: labelledTargets(context, 0),
      unlabelled,
      ratio: 1,
      batchSize: 8,
      batchesPerEpoch: 2,
      size: { height: side, width: side },
      augmentation,
      seed: 1,
    });
    const { value } = await batches.next();
    assert(value);
    return value.images.slice();
  };
  for (const [side, augmentation] of [[8, { operations: 2, magnitude: 9 }], [6, noNoise]] as const) {
    const plain = await batchOf(undefined, side, augmentation);
    assertEquals(await batchOf("plain", side, augmentation), plain);
    assertEquals(await batchOf("inverted", side, augmentation), plain.map((value) => -value));
    assertNotEquals(await batchOf("edges", side, augmentation), plain);
  }
  // Without noise of its own it is what every other training reads.
  const noisy = await batchOf("noisy", 8, noNoise);
  const reader = new BatchReader({ ...data, rendering: "noisy" }, data.train.length);
  const read = reader.read(dataset.train, data.train).images;
  const known = new Set(Array.from(data.train, (_, row) => read.subarray(row * 64, (row + 1) * 64).join()));
  for (let row = 0; row < 8; row++) assert(known.has(noisy.subarray(row * 64, (row + 1) * 64).join()));
  await assertRejects(() => batchOf("noisy", 6, noNoise), RangeError, "set trainSize to 1");
});

Deno.test("a student makes the context's epochs, FixRes among them where images were smaller", async () => {
  assertEquals(studentEpochs({ epochs: 7 }, { fixResEpochs: 1, trainSize: 1 }), { noisy: 7, fixRes: 0 });
  assertEquals(studentEpochs({ epochs: 7 }, { fixResEpochs: 2, trainSize: 0.5 }), { noisy: 5, fixRes: 2 });
  const context = await contextOf({ engine, trainImages: 48, epochs: 2 });
  const run = (options: object, changes: object = {}) =>
    noisyStudent.create(noisyStudent.options.parse(options)).run({ ...context, ...changes });
  assertEquals((await run({ iterations: 1 })).steps, 2 * 2 * 3);
  assertEquals((await run({ iterations: 1, trainSize: 0.75 })).steps, 2 * 2 * 3);
  // What cannot work is said before anything is trained.
  const onStep = () => {
    throw new Error("a step was made");
  };
  await assertRejects(() => run({ trainSize: 0.75, fixResEpochs: 2 }, { onStep }), RangeError, "2 of 2 leave none");
  const noisy = { ...data, rendering: "noisy" };
  await assertRejects(() => run({ trainSize: 0.75 }, { onStep, data: noisy }), RangeError, "set trainSize to 1");
});

Deno.test("without noise, soft labels on unlabelled images are distillation at temperature 1", async () => {
  await tf.setBackend("cpu");
  tf.tidy(() => {
    const student = tf.tensor2d([1, 2, 3, 0, -1, 2, 0.3, 0.2, 0.1, 4, 1, 1], [4, 3]);
    const teacher = tf.tensor2d([1, 3, 2, 1, 0, 0, -1, 2, 0.5, 2, 2, 1], [4, 3]);
    const targets = tf.softmax(teacher);
    const gradientOf = (loss: (logits: tf.Tensor) => tf.Scalar) => tf.grad(loss)(student).dataSync();
    const own = gradientOf((logits) => weightedCrossEntropy(logits, targets, tf.fill([4], 1 / 4)));
    const distilled = gradientOf((logits) => softDivergence(teacher, logits, 1));
    for (const [i, value] of distilled.entries()) assertAlmostEquals(own[i], value, 1e-6);
    const entropy = tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.log(targets)), -1))).dataSync()[0];
    const value = weightedCrossEntropy(student, targets, tf.fill([4], 1 / 4)).dataSync()[0];
    assertAlmostEquals(value - entropy, softDivergence(teacher, student, 1).dataSync()[0], 1e-5);
  });
});

Deno.test("the gradient of the loss is that of finite differences", () => {
  tf.tidy(() => {
    const logits = [0.5, -1, 2, 0.1, 0.2, 0.3];
    const targets = tf.tensor2d([0.2, 0.3, 0.5, 1, 0, 0], [2, 3]);
    const weights = tf.tensor1d([1, 3]);
    const lossOf = (values: tf.Tensor) => weightedCrossEntropy(values, targets, weights);
    const exact = tf.grad(lossOf)(tf.tensor2d(logits, [2, 3])).dataSync();
    for (const [i, value] of exact.entries()) {
      const moved = (by: number) => {
        const values = [...logits];
        values[i] += by;
        return lossOf(tf.tensor2d(values, [2, 3])).dataSync()[0];
      };
      assertAlmostEquals((moved(1e-2) - moved(-1e-2)) / 2e-2, value, 1e-3);
    }
  });
});

Deno.test("a teacher labels images as they are, a table of logits those of the training part", async () => {
  const teacher = await barTeacher(engine);
  const context = await contextOf({ engine, trainImages: 100 });
  const images = unlabelledImages(context);
  const probabilities = await labelImages(teacher, context, images);
  let right = 0;
  for (const [row, index] of images.indices.entries()) {
    const own = probabilities.subarray(row * classes, (row + 1) * classes);
    assertAlmostEquals(own.reduce((a, b) => a + b), 1, 1e-5);
    if (own.indexOf(Math.max(...own)) === dataset.train.labels[index]) right++;
  }
  assert(right > 0.9 * images.indices.length);
  teacher.dispose();

  const logits = Float32Array.from({ length: data.train.length * classes }, (_, i) => Math.sin(i));
  const table = logitsTeacher({ name: "table", hash: "0", classes, read: () => Promise.resolve(logits) });
  const fromTable = await labelImages(table, context, images);
  const [a, b, c] = logits.subarray(100 * classes, 101 * classes).map(Math.exp);
  assertAlmostEquals(fromTable[0], a / (a + b + c), 1e-5);
  const others = { ...context, unlabelled: dataset };
  await assertRejects(
    () => labelImages(table, others, unlabelledImages(others)),
    RangeError,
    "table knows the training images alone",
  );
});

Deno.test("images that are not there, or of another size, are told", async () => {
  const context = await contextOf({ engine, trainImages: 240 });
  assertThrows(() => unlabelledImages(context), RangeError, "needs images without labels");
  const unlabelled = { ...dataset, height: 4, width: 16 };
  assertThrows(() => unlabelledImages({ ...context, unlabelled }), RangeError, "must be 8x8x1");
  assertThrows(() => sizeOfShare({ height: 8, width: 6 }, 0.5), RangeError, "square images, got 8x6");
  assertEquals(sizeOfShare({ height: 8, width: 6 }, 1), { height: 8, width: 6 });
  assertEquals(sizeOfShare({ height: 28, width: 28 }, 0.875), { height: 25, width: 25 });
});

Deno.test("a network for other sizes has its weights in the same places", () => {
  const smaller = resized(reference, { height: 5, width: 5 });
  assertEquals(smaller.input, { height: 5, width: 5, channels: 1 });
  assertEquals(initialiseWeights(smaller, 1), initialiseWeights(reference, 1));
});

Deno.test("students grow up to the one that was asked for, which learns the bars from few labels", async () => {
  const context = await contextOf({ engine, trainImages: 48, epochs: 40, batchSize: 16 });
  const told: number[] = [];
  const options = noisyStudent.options.parse({ magnitude: 5, growth: 1.5, trainSize: 0.875 });
  const result = await noisyStudent.create(options).run({ ...context, onStep: (step, all) => told.push(step / all) });
  assertEquals(result.architecture, smallStudent);
  assertEquals(result.weights.parameters.length, countParameters(smallStudent));
  const students = result.details.students as { parameters: number; accuracy: number; pseudoLabels: number }[];
  assert(students[0].parameters < students[1].parameters);
  assertEquals(students[1].parameters, countParameters(smallStudent));
  assert(students[1].accuracy > 0.8, JSON.stringify(result.details));
  // The first teacher, then twice a student's training, the last epoch of each at full size.
  assertEquals(result.steps, 3 * 40 * 3);
  assertEquals(Math.max(...told), 1);
});

Deno.test("a given teacher labels another data set and stays usable, tensors are freed", async () => {
  const teacher = await barTeacher(engine);
  const context = await contextOf({ engine, trainImages: 32, epochs: 2, teachers: [teacher], unlabelled: dataset });
  const options = noisyStudent.options.parse({ iterations: 1, labels: "hard", trainSize: 1, fixResEpochs: 0 });
  const run = () => noisyStudent.create(options).run({ ...context, architecture: reference });
  const { details, architecture, loss } = await run();
  assertEquals(architecture, reference);
  assertEquals(details.firstTeacherAccuracy, null);
  assert(Number.isFinite(loss));
  const before = tf.memory().numTensors;
  await run();
  assertEquals(tf.memory().numTensors, before);
  assertEquals((await teacher.predict?.(new Float32Array(64)))?.length, 3);
  teacher.dispose();
});
