// Methods of relations, ensembles and modalities, really trained on the engine and the tfjs backend that searches use.
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import type { RenderingName } from "../../../src/data/renderings.ts";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { crd } from "../../../src/distillation/crd.ts";
import { darkrank } from "../../../src/distillation/darkrank.ts";
import type { Distiller, DistillerDefinition } from "../../../src/distillation/distiller.ts";
import { generalized } from "../../../src/distillation/generalized.ts";
import { multiTeacher } from "../../../src/distillation/multi_teacher.ts";
import { none } from "../../../src/distillation/none.ts";
import { oracle } from "../../../src/distillation/oracle.ts";
import { self } from "../../../src/distillation/self.ts";
import { completeOptions } from "../../../src/distillation/table.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { teacherArchitecture } from "../../../src/models/teacher.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { networkTeacher } from "../../../src/teachers/network_teacher.ts";
import { renderedTeacher } from "../../../src/teachers/rendered_teacher.ts";
import type { Teacher } from "../../../src/teachers/teacher.ts";
import { evaluate } from "../../../src/training/evaluate.ts";
import { buildPredictor } from "../../../src/training/predictor.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { train } from "../../../src/training/train.ts";
import { testWith } from "../../require.ts";
import { barDataset } from "../training/fixtures.ts";
import { disposeBatch, madeBatch, madeContext, madeTaps, termValue, withDistillation } from "./loss_checks.ts";
import { lossesOn, lossesOnWebGpu } from "./relations_losses.ts";

const engine = await startWasmEngine();
await startTensors(engine);
const dataset = barDataset();
const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
const space = createSpace("mnas", { ...dataset, classes: 3 });
const options = { engine, data, trainImages: 240, batchSize: 32, views: 1, peakLearningRate: 0.01, seed: 7 };

async function trainedTeacher(seed: number): Promise<Teacher> {
  const architecture = teacherArchitecture({ height: 8, width: 8, channels: 1, classes: 3 });
  const distiller = none.create({});
  const { weights } = await train(architecture, { ...options, epochs: 4, seed, distiller });
  return networkTeacher({ name: `teacher ${seed}`, architecture, weights, engine, batchSize: 32 });
}

const teachers = [await trainedTeacher(1), await trainedTeacher(2)];

const create = (definition: unknown, given: Record<string, unknown> = {}): Distiller => {
  const row = definition as DistillerDefinition;
  return row.create(row.options.parse(completeOptions(row, given)));
};

interface Training {
  architecture?: Architecture;
  epochs?: number;
  trainImages?: number;
  /** Of the student's images. */
  rendering?: RenderingName;
  taught?: readonly Teacher[];
}

/** Validation accuracy of a student that `distiller` trained. */
async function accuracyOf(distiller: Distiller, training: Training = {}): Promise<number> {
  const { architecture = space.reference(1), epochs = 6, rendering, trainImages = 240 } = training;
  const { taught = teachers.slice(0, distiller.teachers.most) } = training;
  const own = { ...data, rendering };
  const { weights } = await train(architecture, {
    ...options,
    data: own,
    epochs,
    trainImages,
    distiller,
    teachers: taught,
  });
  const predictor = await buildPredictor(architecture, { engine, weights });
  try {
    return await evaluate(predictor, own, dataset.train, data.validation);
  } finally {
    predictor.dispose();
  }
}

const methods: [string, Distiller][] = [
  ["darkrank, hard", create(darkrank, { mode: "hard" })],
  ["darkrank, soft", create(darkrank)],
  ["crd by banks", create(crd, { negatives: 128 })],
  ["crd in-batch", create(crd, { mode: "in-batch" })],
  ["self", create(self)],
  ["oracle", create(oracle)],
  ["multi-teacher, probabilities", create(multiTeacher)],
  ["multi-teacher, logits", create(multiTeacher, { combine: "logits" })],
  ["multi-teacher, majority", create(multiTeacher, { combine: "majority", weights: [2, 1] })],
  ["generalized", create(generalized)],
];

for (const [name, distiller] of methods) {
  Deno.test(`${name} trains a student on wasm, and frees its memory`, async () => {
    const before = tf.memory().numTensors;
    const accuracy = await accuracyOf(distiller);
    assertEquals(tf.memory().numTensors, before);
    assert(accuracy > 0.8, `accuracy ${accuracy}`);
  });
}

Deno.test("no student of the space fails by its shapes", async () => {
  for (const step of [1, 3, 7]) {
    const tokens = space.decisions.map(({ choices }, index) => (index * step + step) % choices.length);
    const architecture = space.decode(tokens);
    for (const [, distiller] of methods.slice(0, 5)) {
      const accuracy = await accuracyOf(distiller, { architecture, epochs: 1, trainImages: 32 });
      assert(accuracy >= 0 && accuracy <= 1);
    }
  }
});

Deno.test("crd and generalized train across modalities: the teacher sees its own rendering", async () => {
  for (const distiller of [create(crd, { negatives: 128 }), create(generalized)]) {
    const teacher = renderedTeacher(teachers[0], { data, rendering: "plain", batchSize: 32 });
    const accuracy = await accuracyOf(distiller, { rendering: "coarse", taught: [teacher] });
    assert(accuracy > 0.6, `${distiller.name}: accuracy ${accuracy}`);
  }
});

Deno.test("terms have the same values on wasm as on tfjs's reference backend", async () => {
  const taps = madeTaps([[4, 4, 3], [2, 2, 4], [2, 2, 5]]);
  for (const [name, distiller] of methods) {
    const teachersTaps = Array.from({ length: Math.min(2, distiller.teachers.most) }, () => taps);
    const context = madeContext({ student: taps, teachers: teachersTaps, batchSize: 20 });
    const values: number[] = [];
    for (const backend of ["wasm", "cpu"]) {
      assert(await tf.setBackend(backend));
      await withDistillation(distiller, context, ({ phases: [phase] }) => {
        const batch = madeBatch(context, phase);
        values.push(termValue(phase, batch));
        tf.tidy(() => phase.afterStep?.(batch));
        values.push(termValue(phase, batch));
        disposeBatch(batch);
      });
    }
    for (const at of [0, 1]) assertAlmostEquals(values[at], values[at + 2], 1e-4 * Math.abs(values[at + 2]), name);
  }
  assert(await tf.setBackend("wasm"));
});

await testWith({
  name: "webgpu: the same losses as on wasm, though tfjs has other kernels there",
  needs: "vulkan",
  fn: async () => {
    const onWasm = await lossesOn(engine);
    const onGpu = await lossesOnWebGpu();
    assertEquals(onGpu.map(([name]) => name), onWasm.map(([name]) => name));
    for (const [index, [name, loss]] of onGpu.entries()) {
      const [, expected] = onWasm[index];
      // Orders of nearly equal embeddings may differ.
      assert(Math.abs(loss - expected) < 0.01 * Math.abs(expected), `${name}: ${loss}, on wasm ${expected}`);
    }
  },
});
