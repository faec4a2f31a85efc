import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { imageBatch, prepareTrainingData } from "../../../src/data/training_data.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import { startBackend } from "../../../src/engine/backend.ts";
import { buildDeployedModel } from "../../../src/models/deployed_model.ts";
import { buildStudent } from "../../../src/models/student.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { evaluate, predictLogits } from "../../../src/training/evaluate.ts";
import { countSteps, DivergedError, train, type TrainOptions } from "../../../src/training/train.ts";
import { barDataset } from "./fixtures.ts";

await startBackend("wasm");

const dataset = barDataset();
const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
const space = createSpace("mnas", { ...dataset, classes: 3 });
const network = space.decode(space.decisions.map(({ choices }, index) => (index * 5 + 1) % choices.length));
const options: TrainOptions = {
  data,
  trainImages: 240,
  epochs: 3,
  batchSize: 32,
  views: 2,
  peakLearningRate: 0.01,
  seed: 7,
  distiller: createDistiller("none"),
};

Deno.test("a training learns, leaves no tensor behind, and its deployed form is what it trained", async () => {
  const before = tf.memory().numTensors;
  const student = buildStudent(network, { seed: 3 });
  const steps: number[] = [];
  const result = await train(student, { ...options, epochs: 6, onStep: (step) => steps.push(step) });
  assertEquals(result.steps, countSteps({ ...options, epochs: 6 }));
  assertEquals(steps.at(-1), 42);
  const model = buildDeployedModel(network, await student.weights());
  const accuracy = await evaluate(model, data, dataset.train, data.validation);
  assert(accuracy > 0.8, `accuracy ${accuracy}`);

  const { images } = imageBatch(data, dataset.train, data.validation);
  const input = tf.tensor4d(images, [60, 8, 8, 1]);
  const evaluated = student.evaluate(input);
  const expected = await evaluated.logits.data();
  const deployed = await predictLogits(model, data, dataset.train, data.validation);
  const difference = Math.max(...deployed.map((value, index) => Math.abs(value - expected[index])));
  assert(difference < 1e-4, `deployed and trained form differ by ${difference}`);
  tf.dispose([input, evaluated]);
  model.dispose();
  student.dispose();
  assertEquals(tf.memory().numTensors, before);
});

async function trainedWeights(overrides: Partial<TrainOptions> = {}): Promise<Float32Array> {
  const student = buildStudent(network, { seed: 3 });
  try {
    await train(student, { ...options, epochs: 1, ...overrides });
    return (await student.weights()).parameters;
  } finally {
    student.dispose();
  }
}

Deno.test("the same seeds train the same weights bit for bit, another order of batches others", async () => {
  const first = await trainedWeights();
  assertEquals(await trainedWeights(), first);
  assert((await trainedWeights({ seed: 8 })).some((value, index) => value !== first[index]));
});

Deno.test("kd asks for the teacher's logits of the view that the student sees", async () => {
  const asked: number[] = [];
  await trainedWeights({
    epochs: 3,
    distiller: createDistiller("kd"),
    teacherLogits: (view) => {
      asked.push(view);
      return Promise.resolve(new Float32Array(240 * 3));
    },
  });
  assertEquals(asked, [0, 1, 0]);
});

Deno.test("teacher and student see the same pixels of a view, in another view others", () => {
  const positions = data.train.subarray(0, 5);
  const { images } = imageBatch(data, dataset.train, positions, 1);
  assertEquals(imageBatch(data, dataset.train, positions, 1).images, images);
  assert(imageBatch(data, dataset.train, positions, 2).images.some((value, index) => value !== images[index]));
});

Deno.test("a loss that is not finite ends the training with the step's number", async () => {
  const error = await assertRejects(() => trainedWeights({ peakLearningRate: 1e30 }), DivergedError);
  assert(/the loss is NaN at step \d+ of 7/.test((error as Error).message), (error as Error).message);
});

Deno.test("a training stops at the step after an abort", async () => {
  const abort = new AbortController();
  let last = 0;
  const running = trainedWeights({
    signal: abort.signal,
    onStep: (step) => {
      last = step;
      if (step === 2) abort.abort(new Error("enough"));
    },
  });
  await assertRejects(() => running, Error, "enough");
  assertEquals(last, 2);
});
