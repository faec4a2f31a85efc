import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import type { Distiller } from "../../../src/distillation/distiller.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import { DeviceLostError, type Engine } from "../../../src/engine/network.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { buildDeployedModel } from "../../../src/models/deployed_model.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { evaluate, predictLogits } from "../../../src/training/evaluate.ts";
import { buildStudent, type StudentOptions } from "../../../src/training/student.ts";
import { countSteps, DivergedError, train, type TrainOptions } from "../../../src/training/train.ts";
import { fakeEngine, meanNetwork } from "./fake_engine.ts";
import { barDataset } from "./fixtures.ts";

const engine = await startWasmEngine();
const dataset = barDataset();
const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
const space = createSpace("mnas", { ...dataset, classes: 3 });
const network = space.decode(space.decisions.map(({ choices }, index) => (index * 5 + 1) % choices.length));
const batchSize = 32;
const options: TrainOptions = {
  data,
  trainImages: 240,
  epochs: 1,
  views: 2,
  peakLearningRate: 0.01,
  seed: 7,
  distiller: createDistiller("none"),
};

Deno.test("a training learns, and its deployed form is what it trained", async () => {
  const student = await buildStudent(network, { backend: engine, batchSize, seed: 3 });
  const steps: number[] = [];
  const result = await train(student, { ...options, epochs: 6, onStep: (step) => steps.push(step) });
  assertEquals(result.steps, countSteps({ trainImages: 240, epochs: 6, batchSize }));
  assertEquals(steps, Array.from({ length: 42 }, (_, index) => index + 1));
  const predictor = await student.predictor();
  const accuracy = await evaluate(predictor, data, dataset.train, data.validation);
  assert(accuracy > 0.8, `accuracy ${accuracy}`);

  await tf.setBackend("cpu");
  const predicted = await predictLogits(predictor, data, dataset.train, data.validation);
  const model = buildDeployedModel(network, await student.weights());
  const { images } = new BatchReader(data, 60).read(dataset.train, data.validation);
  const input = tf.tensor4d(images, [60, 8, 8, 1]);
  const logits = model.predict(input);
  const deployed = await logits.data();
  const largest = Math.max(...deployed.map(Math.abs));
  const difference = Math.max(...predicted.map((value, index) => Math.abs(value - deployed[index])));
  assert(difference < 1e-4 * largest, `deployed and trained form differ by ${difference}`);
  tf.dispose([input, logits]);
  model.dispose();
  predictor.dispose();
  student.dispose();
});

async function trainedWeights(
  overrides: Partial<TrainOptions> = {},
  { backend = engine, optimizer }: Partial<StudentOptions & { backend: Engine }> = {},
) {
  const architecture = backend === engine ? network : meanNetwork(network.input, 3);
  const student = await buildStudent(architecture, { backend, batchSize, seed: 3, optimizer });
  try {
    await train(student, { ...options, ...overrides });
    return await student.parameters();
  } finally {
    student.dispose();
  }
}

Deno.test("the same seeds train the same weights bit for bit, another order of batches others", async () => {
  const first = await trainedWeights();
  assertEquals(await trainedWeights(), first);
  assert((await trainedWeights({ seed: 8 })).some((value, index) => value !== first[index]));
});

const teacherLogits = (view: number) =>
  Promise.resolve(Float32Array.from({ length: 240 * 3 }, (_, index) => Math.sin(index + view)));

Deno.test("a loss without the engine's own form trains as well, by its tfjs expression", async () => {
  const distiller = createDistiller("kd");
  let calls = 0;
  const expression: Distiller = {
    ...distiller,
    softTargets: undefined,
    loss(batch) {
      calls++;
      return distiller.loss(batch);
    },
  };
  // Two steps, not of Adam: a rounding error grows tenfold with each, and Adam makes whole steps of rounding errors.
  const weightsBy = (distiller: Distiller, peakLearningRate: number) =>
    trainedWeights({ distiller, teacherLogits, peakLearningRate, trainImages: 64 }, { optimizer: { name: "sgd" } });
  const byExpression = await weightsBy(expression, 1e-3);
  assertEquals(calls, 2);
  const byEngine = await weightsBy(distiller, 1e-3);
  const start = await weightsBy(distiller, 1e-30);
  const distance = (a: Float32Array, b: Float32Array) => Math.hypot(...a.map((value, index) => value - b[index]));
  const apart = distance(byExpression, byEngine);
  const trained = distance(byEngine, start);
  assert(apart < 1e-3 * trained, `${apart} apart after a way of ${trained}`);
});

Deno.test("kd asks for the teacher's logits of the view that the student sees, and refuses to go without", async () => {
  const asked: number[] = [];
  const distiller = createDistiller("kd");
  const listening = (view: number) => {
    asked.push(view);
    return teacherLogits(view);
  };
  await trainedWeights({ epochs: 3, distiller, teacherLogits: listening });
  assertEquals(asked, [0, 1, 0]);
  await assertRejects(() => trainedWeights({ distiller }), Error, "kd needs teacherLogits, got none");
});

Deno.test("a loss that is not finite ends the training with the step's number", async () => {
  const error = await assertRejects(() => trainedWeights({ peakLearningRate: 1e30 }), DivergedError);
  assert(/is (NaN|-?Infinity) at step \d+ of 7/.test((error as Error).message), (error as Error).message);
});

Deno.test("losses are read at every step on wasm, at every tenth and the last on a GPU, and the right step is named", async () => {
  let passes = 0;
  const nanAt = (at: number, backend: Engine["backend"]) =>
    trainedWeights({ epochs: 2 }, {
      backend: fakeEngine({
        backend,
        onForward: (pass) => passes = pass,
        onLoss: (loss, pass) => pass === at ? NaN : loss,
      }),
    });
  for (const [at, backend, seenAfter] of [[5, "wasm", 5], [5, "webgpu", 11], [11, "webgpu", 11], [12, "webgpu", 14]]) {
    await assertRejects(
      () => nanAt(at as number, backend as Engine["backend"]),
      DivergedError,
      `the loss is NaN at step ${at} of 14`,
    );
    assertEquals(passes, seenAfter);
  }
});

Deno.test("the loss of a training is the mean over its last epoch, however often it is read", async () => {
  for (const backend of ["wasm", "webgpu"] as const) {
    const student = await buildStudent(meanNetwork(network.input, 3), {
      backend: fakeEngine({ backend, onLoss: (_, pass) => pass }),
      batchSize,
      seed: 3,
    });
    const { loss } = await train(student, { ...options, epochs: 2 });
    assertEquals(loss, (8 + 14) / 2);
  }
});

Deno.test("weights that are not finite end the training, even where the loss is", async () => {
  const hiding = fakeEngine({ onLoss: () => 1 });
  await assertRejects(
    () => trainedWeights({ peakLearningRate: Infinity }, { backend: hiding }),
    DivergedError,
    "a weight is not finite after step 7 of 7",
  );
});

Deno.test("a lost device ends the training as such", async () => {
  const dying = fakeEngine({
    onForward(pass) {
      if (pass === 3) throw new DeviceLostError("the GPU is gone");
    },
  });
  await assertRejects(() => trainedWeights({}, { backend: dying }), DeviceLostError, "the GPU is gone");
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

Deno.test("a loss over a feature that the student was not built for is refused", async () => {
  const distiller: Distiller = { ...createDistiller("none"), name: "hints", studentFeatures: ["stage2"] };
  await assertRejects(() => trainedWeights({ distiller }), RangeError, 'hints reads "stage2"');
});
