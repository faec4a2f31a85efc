import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import type { DistillationBatch, DistillationContext, Distiller } from "../../../src/distillation/distiller.ts";
import { createDistiller } from "../../../src/distillation/table.ts";
import { DeviceLostError, type Engine } from "../../../src/engine/network.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { layoutOf } from "../../../src/ops/layout.ts";
import type { Teacher } from "../../../src/teachers/teacher.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { buildDeployedModel } from "../../../src/models/deployed_model.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { logitsTeacher } from "../../../src/teachers/logits_teacher.ts";
import { evaluate, predictLogits } from "../../../src/training/evaluate.ts";
import { buildPredictor } from "../../../src/training/predictor.ts";
import { countSteps, phaseSteps, train, type TrainOptions } from "../../../src/training/train.ts";
import { DivergedError } from "../../../src/training/train_steps.ts";
import { fakeEngine, meanNetwork } from "./fake_engine.ts";
import { barDataset } from "./fixtures.ts";

const engine = await startWasmEngine();
const dataset = barDataset();
const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
const space = createSpace("mnas", { ...dataset, classes: 3 });
const network = space.decode(space.decisions.map(({ choices }, index) => (index * 5 + 1) % choices.length));
const batchSize = 32;
const options: TrainOptions = {
  engine,
  data,
  batchSize,
  trainImages: 240,
  epochs: 1,
  views: 2,
  peakLearningRate: 0.01,
  seed: 7,
  distiller: createDistiller("none"),
};

Deno.test("a training learns, and its deployed form is what it trained", async () => {
  const steps: number[] = [];
  const epochs: number[] = [];
  const { weights, ...result } = await train(network, {
    ...options,
    epochs: 6,
    onStep: (step) => steps.push(step),
    onEpoch: (epoch) => void epochs.push(epoch),
  });
  assertEquals(result.steps, countSteps({ trainImages: 240, epochs: 6, batchSize }));
  assertEquals(steps, Array.from({ length: 42 }, (_, index) => index + 1));
  assertEquals(epochs, [0, 1, 2, 3, 4, 5]);
  const predictor = await buildPredictor(network, { engine, weights });
  const accuracy = await evaluate(predictor, data, dataset.train, data.validation);
  assert(accuracy > 0.6, `accuracy ${accuracy}`);

  await tf.setBackend("cpu");
  const predicted = await predictLogits(predictor, data, dataset.train, data.validation);
  const model = buildDeployedModel(network, weights);
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
});

async function trainedWeights(overrides: Partial<TrainOptions> = {}): Promise<Float32Array> {
  const architecture = (overrides.engine ?? engine) === engine ? network : meanNetwork(network.input, 3);
  return (await train(architecture, { ...options, ...overrides })).weights.parameters;
}

Deno.test("the same seeds train the same weights bit for bit, another order of batches others", async () => {
  const first = await trainedWeights();
  assertEquals(await trainedWeights(), first);
  assert((await trainedWeights({ seed: 8 })).some((value, index) => value !== first[index]));
});

const logitsOf = (view: number) =>
  Promise.resolve(Float32Array.from({ length: 240 * 3 }, (_, index) => Math.sin(index + view)));
const teacher = logitsTeacher({ name: "sines", hash: "0", classes: 3, read: logitsOf });

/** The same loss, written in tfjs alone. */
function asExpression(distiller: Distiller, onTerm: () => void = () => {}): Distiller {
  return {
    ...distiller,
    withoutTensors: undefined,
    async prepare(context) {
      const distillation = await distiller.prepare(context);
      const phases = distillation.phases.map((phase) => ({
        ...phase,
        softTargets: undefined,
        term(batch: DistillationBatch) {
          onTerm();
          return phase.term?.(batch) ?? tf.scalar(0);
        },
      }));
      return { ...distillation, phases };
    },
  };
}

Deno.test("a loss without the engine's own form trains as well, by its tfjs expression", async () => {
  const distiller = createDistiller("kd");
  let calls = 0;
  // Two steps, not of Adam: a rounding error grows tenfold with each, and Adam makes whole steps of rounding errors.
  const weightsBy = (distiller: Distiller, peakLearningRate: number) =>
    trainedWeights({ distiller, teachers: [teacher], peakLearningRate, trainImages: 64, optimizer: { name: "sgd" } });
  const byExpression = await weightsBy(asExpression(distiller, () => calls++), 1e-3);
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
  const listening: Teacher = {
    ...teacher,
    outputs(request) {
      asked.push(request.view);
      return teacher.outputs(request);
    },
  };
  await trainedWeights({ epochs: 3, distiller, teachers: [listening] });
  assertEquals([...new Set(asked.slice(0, 7)), ...new Set(asked.slice(7, 14)), ...new Set(asked.slice(14, 21))], [
    0,
    1,
    0,
  ]);
  await assertRejects(() => trainedWeights({ distiller }), RangeError, "kd takes 1 teacher, got 0");
  const deaf: Teacher = { ...teacher, gives: [] };
  await assertRejects(
    () => trainedWeights({ distiller, teachers: [deaf] }),
    RangeError,
    "kd needs logits of its teacher",
  );
});

/** Pulls a stage's mean to a constant through a trained connector, up to that stage, then trains on the labels. */
const hinted: Distiller = {
  name: "hinted",
  tasks: ["classification"],
  needs: [],
  teachers: { least: 0, most: 0 },
  prepare({ student: { stages } }) {
    const { name, shape: [, , channels] } = stages[2];
    const connector = tf.tidy(() => tf.variable(tf.ones([channels, 2]))) as tf.Variable<tf.Rank.R2>;
    return {
      phases: [
        {
          name: "hint",
          share: 0.5,
          taskWeight: 0,
          studentFeatures: [name],
          variables: [connector],
          trainedUpTo: name,
          term: ({ student }) =>
            tf.mean(tf.square(tf.sub(tf.matMul(tf.mean(student.features[name], [1, 2]) as tf.Tensor2D, connector), 3))),
        },
        { name: "labels", share: 0.5, taskWeight: 1, trainedAfter: name },
      ],
      dispose: () => connector.dispose(),
    };
  },
};

Deno.test("phases follow one another on the same weights; each trains its own part of the network", async () => {
  const { nodes } = layoutOf(network);
  const lastOfStage3 = network.nodes.findIndex(({ tap }) => tap === "stage3");
  const bound = nodes[lastOfStage3 + 1].parameters[0].offset;
  const start = initialiseWeights(network, options.seed).parameters;
  const after = await trainedWeights({ distiller: hinted });
  // Of 7 steps the first phase has 4, the second 3: both parts have moved, each by its own phase alone.
  const moved = after.map((value, index) => Math.abs(value - start[index]));
  assert(Math.max(...moved.subarray(0, bound)) > 1e-3 && Math.max(...moved.subarray(bound)) > 1e-3);
  const epochs: number[] = [];
  await trainedWeights({ distiller: hinted, epochs: 5, onEpoch: (epoch) => void epochs.push(epoch) });
  assertEquals(epochs, [0, 1, 2, 3, 4]);
  const half = {
    ...hinted,
    async prepare(context: DistillationContext) {
      const distillation = await hinted.prepare(context);
      return { ...distillation, phases: [{ ...distillation.phases[0], share: 1 }] };
    },
  };
  const hintAlone = await trainedWeights({ distiller: half });
  assertEquals(hintAlone.subarray(bound), start.subarray(bound));
});

Deno.test("a training with a loss in tfjs leaves no tensors behind, whether it ends or fails", async () => {
  await trainedWeights({ distiller: hinted });
  const before = tf.memory().numTensors;
  await trainedWeights({ distiller: hinted });
  assertEquals(tf.memory().numTensors, before);
  await assertRejects(() => trainedWeights({ distiller: hinted, peakLearningRate: 1e30 }), DivergedError);
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("the steps of phases sum up to all steps", () => {
  const phases = (...shares: number[]) => shares.map((share) => ({ name: "", share, taskWeight: 1 }));
  assertEquals(phaseSteps(phases(1), 7), [7]);
  assertEquals(phaseSteps(phases(0.3, 0.3, 0.4), 7), [2, 2, 3]);
  assertEquals(phaseSteps(phases(1 / 3, 1 / 3, 1 / 3), 10), [3, 4, 3]);
});

Deno.test("a loss that is not finite ends the training with the step's number", async () => {
  const error = await assertRejects(() => trainedWeights({ peakLearningRate: 1e30 }), DivergedError);
  assert(/is (NaN|-?Infinity) at step \d+ of 7/.test((error as Error).message), (error as Error).message);
});

Deno.test("losses are read at every step on wasm, at every tenth and the last on a GPU, and the right step is named", async () => {
  let passes = 0;
  const nanAt = (at: number, backend: Engine["backend"]) =>
    trainedWeights({
      epochs: 2,
      engine: fakeEngine({
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
    const engine = fakeEngine({ backend, onLoss: (_, pass) => pass });
    const { loss } = await train(meanNetwork(network.input, 3), { ...options, engine, epochs: 2 });
    assertEquals(loss, (8 + 14) / 2);
  }
});

Deno.test("weights that are not finite end the training, even where the loss is", async () => {
  const hiding = fakeEngine({ onLoss: () => 1 });
  await assertRejects(
    () => trainedWeights({ peakLearningRate: Infinity, engine: hiding }),
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
  await assertRejects(() => trainedWeights({ engine: dying }), DeviceLostError, "the GPU is gone");
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

Deno.test("a loss over a feature that the student does not have is refused", async () => {
  const distiller: Distiller = {
    ...hinted,
    prepare: () => ({
      phases: [{ name: "hints", share: 1, taskWeight: 1, studentFeatures: ["stage9"] }],
      dispose() {},
    }),
  };
  await assertRejects(() => trainedWeights({ distiller }), RangeError, 'no feature "stage9"');
});
