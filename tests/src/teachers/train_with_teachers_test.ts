// Teachers of the user's in real trainings on the engine.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { attention } from "../../../src/distillation/attention.ts";
import { crd } from "../../../src/distillation/crd.ts";
import type { DistillerDefinition } from "../../../src/distillation/distiller.ts";
import { kd } from "../../../src/distillation/kd.ts";
import { completeOptions } from "../../../src/distillation/table.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { exportOnnx } from "../../../src/export/onnx.ts";
import { encodeSafetensors } from "../../../src/export/safetensors.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { cachedTeacher } from "../../../src/teachers/cached_teacher.ts";
import { openTeacher } from "../../../src/teachers/open_teacher.ts";
import { train } from "../../../src/training/train.ts";
import { barDataset } from "../training/fixtures.ts";
import { inFolder, tinyArchitecture, withOutputs } from "./fixtures.ts";

const engine = await startWasmEngine();
const dataset = barDataset();
const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
const student = createSpace("mnas", { ...dataset, classes: 3 }).reference(1);
const options = { engine, data, trainImages: 96, epochs: 2, batchSize: 32, views: 2, seed: 1, peakLearningRate: 0.01 };

const methodOf = (definition: unknown) => {
  const row = definition as DistillerDefinition;
  return row.create(completeOptions(row, {}));
};

Deno.test("logit and feature methods train with a checkpoint and with its ONNX file, kept or not", () =>
  inFolder(async (folder) => {
    const architecture = tinyArchitecture();
    const weights = initialiseWeights(architecture, 3, { randomStatistics: true });
    await Deno.writeFile(`${folder}/a.safetensors`, encodeSafetensors(architecture, weights));
    const outputs = ["0.conv.Relu", "1.conv.Relu"];
    await Deno.writeFile(`${folder}/a.onnx`, withOutputs(exportOnnx(architecture, weights), outputs));
    const losses: Record<string, number[]> = {};
    for (const name of ["a.safetensors", "a.onnx"]) {
      for (const kept of [false, true]) {
        const opened = await openTeacher(`${folder}/${name}`, options);
        const teacher = kept ? cachedTeacher(opened, { ...options, cacheDir: `${folder}/cache` }) : opened;
        for (const method of [methodOf(kd), methodOf(attention)]) {
          const { loss } = await train(student, { ...options, distiller: method, teachers: [teacher] });
          assert(Number.isFinite(loss));
          console.log(name, kept, method.name, loss);
          (losses[method.name] ??= []).push(loss);
        }
        teacher.dispose();
      }
    }
    for (const [name, [own, ownKept, onnx, onnxKept]] of Object.entries(losses)) {
      assertEquals([ownKept, onnxKept], [own, onnx]);
      // Another runtime rounds otherwise, which Adam's first steps make larger.
      assert(Math.abs(onnx - own) < 0.05 * own, `${name}: ${onnx} against ${own}`);
    }
    assertEquals(Object.keys(losses), ["kd", "attention"]);
  }));

Deno.test("a method that needs an embedding refuses an ONNX file that gives none", () =>
  inFolder(async (folder) => {
    const architecture = tinyArchitecture();
    await Deno.writeFile(`${folder}/a.onnx`, exportOnnx(architecture, initialiseWeights(architecture, 3)));
    const teacher = await openTeacher(`${folder}/a.onnx`, options);
    await assertRejects(
      () => train(student, { ...options, distiller: methodOf(crd), teachers: [teacher] }),
      RangeError,
      "crd needs embedding of its teacher, but a.onnx gives logits only",
    );
    teacher.dispose();
  }));
