import { assert, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { type ReadModel, readModel } from "../../devices/models/read_model.ts";
import { architectureModel } from "../../devices/models/architecture_model.ts";
import { inputValues } from "../../devices/protocol/check.ts";
import { createReference, type Reference } from "../../devices/reference.ts";
import { exportOnnx } from "../../src/export/onnx.ts";
import { deployedLogits, testWeights } from "../src/export/onnx/deployed_logits.ts";
import { useBackend } from "../src/ops/run_op.ts";
import {
  addingOnnx,
  graphWeights,
  imageClassifier,
  inFolder,
  saveLayersModel,
  writeGraphModel,
} from "./models/model_files.ts";
import { tinyArchitecture } from "./tiny_architecture.ts";

async function withReference(fn: (reference: Reference, folder: string) => Promise<void>): Promise<void> {
  const reference = createReference();
  try {
    await inFolder((folder) => fn(reference, folder));
  } finally {
    await reference.close();
  }
}

function outputsOf(reference: Reference, { model, files }: ReadModel): Promise<number[]> {
  return reference.outputs(model, files);
}

function assertNear(actual: readonly number[], expected: ArrayLike<number>): void {
  assertEquals(actual.length, expected.length);
  for (const [index, value] of actual.entries()) assert(Math.abs(value - expected[index]) < 1e-5, `${actual}`);
}

Deno.test("the reference of an architecture is its deployed form", () =>
  withReference(async (reference) => {
    const model = architectureModel("tiny", tinyArchitecture, 3);
    const outputs = await reference.outputs(model, new Map());
    assertNear(outputs, await deployedLogits(tinyArchitecture, testWeights(tinyArchitecture, 3)));
    const others = await reference.outputs(architectureModel("tiny", tinyArchitecture, 4), new Map());
    assert(others.some((value, index) => value !== outputs[index]), "other weights give the same outputs");
  }));

Deno.test("the reference of a LayersModel is what tfjs predicts", () =>
  withReference(async (reference, folder) => {
    await useBackend("cpu");
    const classifier = imageClassifier();
    await saveLayersModel(classifier, folder);
    const found = await readModel(folder);
    const expected = tf.tidy(() => {
      const image = tf.tensor(inputValues(found.model.input), [1, 8, 8, 3]);
      return (classifier.predict(image) as tf.Tensor).dataSync<"float32">().slice();
    });
    classifier.dispose();
    assertNear(await outputsOf(reference, found), expected);
  }));

Deno.test("the references of a GraphModel and of an ONNX file are their own", () =>
  withReference(async (reference, folder) => {
    await writeGraphModel(`${folder}/graph`);
    const graph = await readModel(`${folder}/graph`);
    const x = inputValues(graph.model.input);
    const product = [0, 1, 2].map((column) =>
      x.reduce((sum, value, row) => sum + value * graphWeights[row * 3 + column], 0)
    );
    assertNear(await outputsOf(reference, graph), product);

    await Deno.writeFile(`${folder}/adds.onnx`, addingOnnx());
    const onnx = await readModel(`${folder}/adds.onnx`);
    assertNear(await outputsOf(reference, onnx), inputValues(onnx.model.input).map((value) => value + 1));
  }));

Deno.test("an exported architecture has the reference of the architecture", () =>
  withReference(async (reference, folder) => {
    const model = architectureModel("tiny", tinyArchitecture);
    await Deno.writeFile(`${folder}/tiny.onnx`, exportOnnx(tinyArchitecture, testWeights(tinyArchitecture, 1)));
    const exported = await readModel(`${folder}/tiny.onnx`);
    const input = { ...model.input, channelsFirst: true };
    assertNear(
      await reference.outputs({ source: exported.model.source, input }, exported.files),
      await reference.outputs(model, new Map()),
    );
  }));

Deno.test("a reference is computed once", () =>
  withReference(async (reference, folder) => {
    await writeGraphModel(folder);
    const found = await readModel(folder);
    const first = await outputsOf(reference, found);
    await Deno.remove(`${folder}/w.bin`);
    const again = await outputsOf(reference, found);
    assertEquals(again, first);
    again.fill(0);
    assertEquals(await outputsOf(reference, found), first);
    await assertRejects(
      () => reference.outputs({ ...found.model, input: { ...found.model.input, seed: 2 } }, found.files),
      Error,
      "w.bin",
    );
  }));

Deno.test("models that do not run have no reference, and the next ones have", () =>
  withReference(async (reference, folder) => {
    const fails = async (found: ReadModel, message: string) => {
      const error = await assertRejects(() => outputsOf(reference, found), Error, message);
      assertEquals(error.message.includes("\n"), false, error.message);
    };
    await Deno.writeFile(`${folder}/adds.onnx`, addingOnnx());
    const adds = await readModel(`${folder}/adds.onnx`);

    await writeGraphModel(folder, (json) => json.modelTopology.node[2].op = "NoSuchOp");
    await fails(await readModel(folder), "NoSuchOp");
    await writeGraphModel(folder, (json) => json.weightsManifest[0].weights[0].shape = [400, 3]);
    await fails(await readModel(folder), "reference output: cannot");
    await writeGraphModel(folder);
    const wide = await readModel(folder);
    await fails(
      { ...wide, model: { ...wide.model, input: { ...wide.model.input, shape: [1, 5] } } },
      "reference output: ",
    );
    await fails({ model: adds.model, files: new Map() }, "no file of this model has the hash");
    await Deno.writeFile(`${folder}/w.bin`, new Uint8Array(new Float32Array(12).fill(NaN).buffer));
    await fails(await readModel(folder), "the model gives NaN for a normally distributed input");
    await Deno.writeFile(`${folder}/adds.onnx`, new TextEncoder().encode("changed"));
    await fails(adds, "adds.onnx has changed since it was first read");

    await Deno.writeFile(`${folder}/adds.onnx`, addingOnnx());
    assertEquals((await outputsOf(reference, adds)).length, 3);
  }));

Deno.test("an aborted request rejects with its reason", () =>
  withReference(async (reference) => {
    const model = architectureModel("tiny", tinyArchitecture);
    await assertRejects(
      () => reference.outputs(model, new Map(), { signal: AbortSignal.abort(new Error("enough")) }),
      Error,
      "enough",
    );
    assertEquals((await reference.outputs(model, new Map())).length, tinyArchitecture.classes);
  }));
