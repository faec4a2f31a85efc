import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { attentiveImitation } from "../../../src/distillation/attentive_imitation.ts";
import { crd } from "../../../src/distillation/crd.ts";
import { darkrank } from "../../../src/distillation/darkrank.ts";
import { defineDistiller, type Distiller, type Phase, taskNames } from "../../../src/distillation/distiller.ts";
import { fitnets } from "../../../src/distillation/fitnets.ts";
import { kd } from "../../../src/distillation/kd.ts";
import { nst } from "../../../src/distillation/nst.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { layoutOf } from "../../../src/ops/layout.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { evaluateTask } from "../../../src/tasks/evaluate_task.ts";
import { regression } from "../../../src/tasks/regression.ts";
import { retrieval } from "../../../src/tasks/retrieval.ts";
import { trainTask, type TrainTaskOptions } from "../../../src/tasks/train_task.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { smallBody } from "./small_networks.ts";

const engine = await startWasmEngine();
await startTensors(engine);
const poses = await regression.makeData({ seed: 1, trainImages: 400, testImages: 100 });
const digits = await retrieval.makeData({ seed: 1, trainImages: 400, testImages: 150 });
// For what must run, but need not learn.
const fewPoses = await regression.makeData({ seed: 1, trainImages: 96, testImages: 10 });
const fewDigits = await retrieval.makeData({ seed: 1, trainImages: 128, testImages: 10 });
const common: Omit<TrainTaskOptions, "architecture" | "data"> = {
  engine,
  epochs: 1,
  batchSize: 32,
  seed: 3,
  peakLearningRate: 0.01,
};

/** A method of these phases. */
function methodOf(phases: readonly Phase[]): Distiller {
  return defineDistiller({
    name: "made",
    summary: "",
    paper: "",
    tasks: taskNames,
    options: z.strictObject({}),
    create: () => ({ needs: [], teachers: { least: 0, most: 1 }, prepare: () => ({ phases, dispose() {} }) }),
  }).create({});
}

Deno.test("a regression is learned, the same from the same seed, and its memory is freed", async () => {
  const before = tf.memory().numTensors;
  const steps: number[] = [];
  const options = { ...common, architecture: smallBody(poses), data: poses, epochs: 12 };
  const network = await trainTask(regression, {
    ...options,
    onStep: (step, total) => steps.push(step) && assertEquals(total, 144),
  });
  assertEquals(steps, Array.from({ length: 144 }, (_, index) => index + 1));
  assertEquals(network.steps, 144);
  const scores = await evaluateTask(network, { engine, set: poses.test });
  assertEquals(Object.keys(scores), ["angleErrorDegrees", "positionErrorPixels"]);
  // Telling the middle always is wrong by 30 degrees and 4.6 pixels.
  assert(scores.positionErrorPixels < 3, JSON.stringify(scores));
  const again = await trainTask(regression, options);
  assertEquals(again.weights, network.weights);
  network.dispose();
  again.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("retrieval learns, and scores do not depend on how many images are judged at a time", async () => {
  const options = { ...common, architecture: smallBody(digits), data: digits, epochs: 12 };
  const network = await trainTask(retrieval, options);
  const scores = await evaluateTask(network, { engine, set: digits.test });
  assertEquals(await evaluateTask(network, { engine, set: digits.test, batchSize: 40 }), scores);
  const untrained = retrieval.createHead(
    { stages: [], embedding: { name: "embedding", channels: 32 }, outputs: 1 },
    { data: digits, seed: 1 },
  );
  const chance = await evaluateTask({
    task: retrieval,
    architecture: network.architecture,
    weights: initialiseWeights(network.architecture, 3),
    head: untrained,
  }, { engine, set: digits.test });
  assert(scores.meanAveragePrecision > chance.meanAveragePrecision, JSON.stringify({ scores, chance }));
  untrained.dispose();
  network.dispose();
});

Deno.test("methods of retrieval train with a teacher, and free what they made", async () => {
  const teacher = await trainTask(retrieval, {
    ...common,
    architecture: smallBody(digits, { filters: 12 }),
    data: digits,
  });
  const { height, width, channels } = digits;
  const architecture = createSpace("mnas", { height, width, channels, classes: 1 }).reference(0.5);
  const methods: Distiller[] = [
    darkrank.create(darkrank.options.parse({})),
    crd.create(crd.options.parse({})),
    nst.create(nst.options.parse({})),
    fitnets.create(fitnets.options.parse({})),
  ];
  for (const distiller of methods) {
    const before = tf.memory().numTensors;
    const options = { ...common, architecture, data: fewDigits, distiller, teachers: [teacher] };
    const student = await trainTask(retrieval, options);
    assert(Number.isFinite(student.loss), `${distiller.name}: loss ${student.loss}`);
    student.dispose();
    assertEquals(tf.memory().numTensors, before, `tensors after ${distiller.name}`);
  }
  teacher.dispose();
});

for (const form of ["attentive", "plain", "min", "teacher-bound", "laplace"] as const) {
  for (const stages of form === "attentive" ? ["imitation", "hint"] as const : ["imitation"] as const) {
    Deno.test(`attentive imitation in the form ${form} trains a regression (${stages})`, async () => {
      const data = fewPoses;
      const teacher = await trainTask(regression, { ...common, architecture: smallBody(data, { filters: 12 }), data });
      const before = tf.memory().numTensors;
      const student = await trainTask(regression, {
        ...common,
        epochs: 2,
        architecture: smallBody(data),
        data,
        teachers: [teacher],
        distiller: attentiveImitation.create(attentiveImitation.options.parse({ form, stages })),
      });
      assertEquals(student.steps, 6);
      assert(Number.isFinite(student.loss));
      student.dispose();
      assertEquals(tf.memory().numTensors, before);
      teacher.dispose();
    });
  }
}

Deno.test("a student that imitates alone comes nearer to its teacher", async () => {
  const teacher = await trainTask(regression, { ...common, architecture: smallBody(poses), data: poses, epochs: 2 });
  const options = attentiveImitation.options.parse({ form: "plain", alpha: 0 });
  const student = (epochs: number) =>
    trainTask(regression, {
      ...common,
      epochs,
      architecture: smallBody(poses),
      data: poses,
      teachers: [teacher],
      distiller: attentiveImitation.create(options),
    });
  const early = await student(1);
  const late = await student(5);
  assert(late.loss < 0.6 * early.loss, `${early.loss} fell to ${late.loss}`);
  [teacher, early, late].forEach((network) => network.dispose());
});

Deno.test("a phase up to a tap leaves what follows and the head as they were", async () => {
  const architecture = smallBody(poses);
  const first: Phase = {
    name: "first",
    share: 1,
    taskWeight: 1,
    trainedUpTo: "stage1",
  };
  const network = await trainTask(regression, { ...common, architecture, data: poses, distiller: methodOf([first]) });
  const fresh = initialiseWeights(architecture, common.seed);
  const { nodes } = layoutOf(architecture);
  const moved = nodes.map(({ parameters }) =>
    parameters.some(({ offset, size }) =>
      network.weights.parameters.subarray(offset, offset + size).some((value, index) =>
        value !== fresh.parameters[offset + index]
      )
    )
  );
  assertEquals(moved, [true, false, false, false, false]);
  const untouched = await trainTask(regression, { ...common, architecture, data: poses, epochs: 0 });
  for (const [index, variable] of network.head.variables.entries()) {
    assertEquals(variable.dataSync(), untouched.head.variables[index].dataSync());
  }
  network.dispose();
  untouched.dispose();
});

Deno.test("a term may leave out outputs of a head that the task's loss does not train", async () => {
  const phase: Phase = {
    name: "logits alone",
    share: 1,
    taskWeight: 0,
    readsOutputs: true,
    term: ({ student }) => tf.mean(tf.square(student.outputs.logits)),
  };
  const distiller = methodOf([phase]);
  const network = await trainTask(retrieval, { ...common, architecture: smallBody(digits), data: digits, distiller });
  assert(network.loss < 1);
  network.dispose();
});

Deno.test("methods, networks and teachers that do not fit are refused in a line, and leave no tensors", async () => {
  const before = tf.memory().numTensors;
  const options = { ...common, architecture: smallBody(poses), data: poses };
  const soft = kd.create(kd.options.parse({}));
  await assertRejects(
    () => trainTask(regression, { ...options, distiller: soft }),
    RangeError,
    "kd is for classification, not for regression",
  );
  await assertRejects(
    () => trainTask(regression, { ...options, architecture: smallBody(digits) }),
    RangeError,
    "the network takes images of 28x28x1, but regression has 32x32x1",
  );
  const imitation = attentiveImitation.create(attentiveImitation.options.parse({}));
  await assertRejects(
    () => trainTask(regression, { ...options, distiller: imitation }),
    RangeError,
    "attentive-imitation takes 1 teacher, got 0",
  );
  const untapped = {
    ...options.architecture,
    nodes: options.architecture.nodes.map((node) => ({ ...node, tap: undefined })),
  };
  await assertRejects(() => trainTask(regression, { ...options, architecture: untapped }), RangeError, "embedding");
  const broken = methodOf([{ name: "broken", share: 1, taskWeight: 1, studentFeatures: ["stage9"] }]);
  await assertRejects(
    () => trainTask(regression, { ...options, distiller: broken }),
    RangeError,
    'no feature "stage9"',
  );
  const abort = AbortSignal.abort(new DOMException("stopped", "AbortError"));
  await assertRejects(() => trainTask(regression, { ...options, signal: abort }), DOMException, "stopped");
  assertEquals(tf.memory().numTensors, before);
});
