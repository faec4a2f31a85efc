import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { Dataset, ImageSet } from "../../../src/data/dataset.ts";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { fitnets } from "../../../src/distillation/fitnets.ts";
import { fsp } from "../../../src/distillation/fsp.ts";
import { none } from "../../../src/distillation/none.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { layoutOf } from "../../../src/ops/layout.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { readDigits } from "../../../src/tasks/digits.ts";
import { initialiseFrom, transferWeights } from "../../../src/tasks/transfer.ts";
import { networkTeacher } from "../../../src/teachers/network_teacher.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { train } from "../../../src/training/train.ts";
import { smallBody } from "./small_networks.ts";

const engine = await startWasmEngine();
await startTensors(engine);
const digits = await readDigits();

/** The digits of `classes` as a dataset of their own; `inverted`: black on white. */
function digitsOf(
  classes: readonly number[],
  { count, inverted = false }: { count: number; inverted?: boolean },
): Dataset {
  const part = (set: ImageSet): ImageSet => {
    const size = set.images.length / set.count;
    const taken = [...set.labels.keys()].filter((index) => classes.includes(set.labels[index])).slice(0, count);
    const images = new Uint8Array(taken.length * size);
    taken.forEach((index, row) => images.set(set.images.subarray(index * size, (index + 1) * size), row * size));
    const labels = Uint16Array.from(taken, (index) => classes.indexOf(set.labels[index]));
    return { count: taken.length, images: inverted ? images.map((value) => 255 - value) : images, labels };
  };
  return {
    ...digits,
    contentHash: "0".repeat(64),
    classNames: classes.map(String),
    train: part(digits.train),
    test: part(digits.test),
  };
}

const first = prepareTrainingData(digitsOf([0, 1, 2, 3, 4], { count: 240 }), { seed: 1, validationImages: 40 });
const second = prepareTrainingData(digitsOf([5, 6, 7], { count: 240, inverted: true }), {
  seed: 1,
  validationImages: 40,
});
const io = { height: 28, width: 28, channels: 1 };
const student = smallBody(io, { classes: 5 });
const next = smallBody(io, { classes: 3 });
const common = { engine, trainImages: 192, epochs: 1, batchSize: 32, views: 1, seed: 2, peakLearningRate: 0.01 };
const teacherBody = smallBody(io, { filters: 12, classes: 5 });
const teacher = networkTeacher({
  name: "the teacher",
  architecture: teacherBody,
  weights: (await train(teacherBody, { ...common, data: first, distiller: none.create({}) })).weights,
  engine,
  batchSize: 32,
});

Deno.test("weights go over up to the classifier of other classes, which starts anew", () => {
  const weights = initialiseWeights(student, 1, { randomStatistics: true });
  const transferred = transferWeights({ architecture: student, weights }, { architecture: next, seed: 7 });
  const fresh = initialiseWeights(next, 7);
  const dense = layoutOf(next).nodes.at(-1)?.parameters[0].offset ?? NaN;
  assertEquals(transferred.parameters.subarray(0, dense), weights.parameters.subarray(0, dense));
  assertEquals(transferred.parameters.subarray(dense), fresh.parameters.subarray(dense));
  assertEquals(transferred.statistics, weights.statistics);
});

Deno.test("networks that do not begin alike have no weights in common", () => {
  const weights = initialiseWeights(student, 1);
  const other = createSpace("mnas", { ...io, classes: 3 }).reference(1);
  assertThrows(
    () => transferWeights({ architecture: student, weights }, { architecture: other, seed: 1 }),
    RangeError,
    "no weights can be transferred",
  );
});

for (const definition of [fsp, fitnets]) {
  Deno.test(`${definition.name} initialises on one data set, and training goes on with another`, async () => {
    const before = tf.memory().numTensors;
    const distiller = definition.create(definition.options.parse({}));
    const options = { ...common, data: first, distiller, teachers: [teacher], next };
    const short = await initialiseFrom(student, { ...options, epochs: 1 });
    const long = await initialiseFrom(student, { ...options, epochs: 8 });
    // The classifier is no part of the first stage: the whole training went into the stage's own loss.
    assertEquals([short.steps, long.steps], [6, 48]);
    assert(long.loss < 0.9 * short.loss, `${short.loss} fell to ${long.loss}`);
    const trained = await train(next, { ...common, data: second, distiller: none.create({}), weights: long.weights });
    assert(Number.isFinite(trained.loss));
    const fresh = await train(next, { ...common, data: second, distiller: none.create({}) });
    assert(trained.loss !== fresh.loss);
    assertEquals(tf.memory().numTensors, before);
  });
}

Deno.test("a method without a stage of its own cannot initialise", async () => {
  const before = tf.memory().numTensors;
  const joint = fitnets.create(fitnets.options.parse({ mode: "joint" }));
  await assertRejects(
    () => initialiseFrom(student, { ...common, data: first, distiller: joint, teachers: [teacher], next }),
    RangeError,
    "fitnets has no stage without the task's loss",
  );
  assertEquals(tf.memory().numTensors, before);
});
