import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { openTeacher } from "../../../src/teachers/open_teacher.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";
import { inFolder, noiseData, requestOf } from "./fixtures.ts";

const engine = await startWasmEngine();
await startTensors(engine);
const data = noiseData({ channels: 3 });
const positions = [4, 1, 6];
const images =
  new BatchReader(data, 3).read(data.dataset.train, Uint32Array.from(positions, (at) => data.train[at])).images;
/** From 0 to 1, as TF.js models are fed by default. */
const unit = images.map((value, at) => value * data.deviation[at % 3] + data.mean[at % 3]);

/** Two convolutions, a pooled vector, and a classifier; outputs in the order of `outputs`. */
function layersModel(activation: "softmax" | "linear", outputs: readonly number[] = [0]): tf.LayersModel {
  const input = tf.input({ shape: [8, 8, 3] });
  const options = { kernelSize: 3, strides: 2, padding: "same", activation: "relu" } as const;
  const first = tf.layers.conv2d({ ...options, filters: 4 }).apply(input) as tf.SymbolicTensor;
  const second = tf.layers.conv2d({ ...options, filters: 5 }).apply(first) as tf.SymbolicTensor;
  const pooled = tf.layers.globalAveragePooling2d({}).apply(second) as tf.SymbolicTensor;
  const end = tf.layers.dense({ units: 3, activation }).apply(pooled) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs: outputs.map((index) => [end, first, second, pooled][index]) });
}

/** Saves in two shards, of which the last is the larger. */
async function save(model: tf.LayersModel, folder: string): Promise<void> {
  await model.save(tf.io.withSaveHandler(async ({ modelTopology, weightSpecs = [], weightData, format }) => {
    const whole = new Uint8Array(weightData as ArrayBuffer);
    await Deno.writeFile(`${folder}/a.bin`, whole.subarray(0, 100));
    await Deno.writeFile(`${folder}/b.bin`, whole.subarray(100));
    const weightsManifest = [{ paths: ["a.bin", "./b.bin"], weights: weightSpecs }];
    await Deno.writeTextFile(`${folder}/model.json`, JSON.stringify({ format, modelTopology, weightsManifest }));
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
  }));
}

Deno.test("a LayersModel with several outputs gives logits, stages and embedding, and frees what it took", () =>
  inFolder(async (folder) => {
    const model = layersModel("linear", [0, 1, 2, 3]);
    await save(model, folder);
    const expected = tf.tidy(() =>
      (model.predict(tf.tensor(unit, [3, 8, 8, 3])) as tf.Tensor[]).map((one) => one.dataSync().slice())
    );
    model.dispose();
    const before = tf.memory().numTensors;
    const teacher = await openTeacher(folder, { engine, data, batchSize: 2 });
    assertEquals(teacher.gives, ["logits", "stages", "embedding"]);
    assertEquals(teacher.taps.stages.map(({ name, shape }) => [name, ...shape]), [["stage1", 4, 4, 4], [
      "stage2",
      2,
      2,
      5,
    ]]);
    const features = ["stage1", "stage2", "embedding"];
    const found = await teacher.outputs(requestOf(data, { images, positions, features }));
    for (const [index, values] of [found.logits, ...features.map((tap) => found.features[tap])].entries()) {
      assertEquals(values.length, expected[index].length);
      for (const [at, value] of expected[index].entries()) assertAlmostEquals(values[at], value, 1e-5);
    }
    teacher.dispose();
    assertEquals(tf.memory().numTensors, before);
  }));

Deno.test("a classifier that ends in softmax is taken by the logarithm of its probabilities", () =>
  inFolder(async (folder) => {
    const model = layersModel("softmax");
    await save(model, folder);
    const expected = tf.tidy(() =>
      (model.predict(tf.tensor(unit, [3, 8, 8, 3])) as tf.Tensor).log().dataSync().slice()
    );
    model.dispose();
    const teacher = await openTeacher(`${folder}/model.json`, { engine, data, batchSize: 4 });
    const { logits } = await teacher.outputs(requestOf(data, { images, positions }));
    for (const [at, value] of expected.entries()) assertAlmostEquals(logits[at], value, 1e-5);
    assertEquals(teacher.gives, ["logits"]);
    teacher.dispose();
  }));

/** A GraphModel: means over pixels as logits; `change` may alter its JSON. */
async function saveGraph(folder: string, change: (json: Record<string, unknown>) => void = () => {}): Promise<void> {
  const dim = ["-1", "8", "8", "3"].map((size) => ({ size }));
  const json = {
    format: "graph-model",
    modelTopology: {
      node: [
        { name: "x", op: "Placeholder", attr: { dtype: { type: "DT_FLOAT" }, shape: { shape: { dim } } } },
        {
          name: "axes",
          op: "Const",
          attr: {
            dtype: { type: "DT_INT32" },
            value: { tensor: { dtype: "DT_INT32", tensorShape: { dim: [{ size: "2" }] } } },
          },
        },
        { name: "y", op: "Mean", input: ["x", "axes"], attr: { keep_dims: { b: false } } },
      ],
      versions: { producer: 1 },
    },
    weightsManifest: [{ paths: ["w.bin"], weights: [{ name: "axes", shape: [2], dtype: "int32" }] }],
  };
  change(json);
  await Deno.writeFile(`${folder}/w.bin`, new Uint8Array(Int32Array.of(1, 2).buffer));
  await Deno.writeTextFile(`${folder}/model.json`, JSON.stringify(json));
}

Deno.test("a GraphModel runs; its normalisation can be chosen", () =>
  inFolder(async (folder) => {
    await saveGraph(folder);
    const teacher = await openTeacher(folder, { engine, data, batchSize: 4, normalisation: "bytes" });
    const { logits } = await teacher.outputs(requestOf(data, { images, positions }));
    for (let at = 0; at < 9; at++) {
      let sum = 0;
      for (let pixel = 0; pixel < 64; pixel++) sum += 255 * unit[Math.floor(at / 3) * 192 + 3 * pixel + at % 3];
      assertAlmostEquals(logits[at], sum / 64, 1e-2);
    }
    teacher.dispose();
  }));

Deno.test("what other writers say of themselves hinders nothing, in whatever form", () =>
  inFolder(async (folder) => {
    const foreign = [
      { userDefinedMetadata: ["a", "list"] },
      { userDefinedMetadata: "a text", generatedBy: "another" },
      { userDefinedMetadata: { nacre: "a shell" } },
      { generatedBy: 7, convertedBy: { name: "a converter" } },
      { generatedBy: null, userDefinedMetadata: null },
    ];
    const model = layersModel("linear");
    for (const saved of [() => saveGraph(folder), () => save(model, folder)]) {
      await saved();
      const json = JSON.parse(await Deno.readTextFile(`${folder}/model.json`));
      const logits: Float32Array[] = [];
      for (const said of [{}, ...foreign]) {
        await Deno.writeTextFile(`${folder}/model.json`, JSON.stringify({ ...json, ...said }));
        const teacher = await openTeacher(folder, { engine, data, batchSize: 4 });
        logits.push((await teacher.outputs(requestOf(data, { images, positions }))).logits);
        teacher.dispose();
      }
      for (const some of logits) assertEquals(some, logits[0]);
    }
    model.dispose();
  }));

Deno.test("TF.js models that cannot be taken are refused in one line", () =>
  inFolder(async (folder) => {
    const path = `${folder}/model.json`;
    const refuse = async (message: string, change: (json: Record<string, unknown>) => void) => {
      await saveGraph(folder, change);
      const before = tf.memory().numTensors;
      const open = () => openTeacher(folder, { engine, data, batchSize: 4 });
      const error = await assertRejects(open, RangeError, message);
      assert(error.message.startsWith(`${path}: `) && !error.message.includes("\n"), error.message);
      assertEquals(tf.memory().numTensors, before);
    };
    const weights = [{ name: "axes", shape: [2], dtype: "int32" }];
    await refuse('its format is "pickle"', (json) => json.format = "pickle");
    await refuse('"../../etc/passwd" cannot be read', (json) =>
      json.weightsManifest = [{ paths: ["../../etc/passwd"], weights }]);
    await refuse('"absent.bin" cannot be read', (json) =>
      json.weightsManifest = [{ paths: ["absent.bin"], weights }]);
    await refuse("that can be loaded: Based on the provided shape", (json) =>
      json.weightsManifest = [{ paths: ["w.bin"], weights: [{ name: "axes", shape: [99999], dtype: "int32" }] }]);
    await refuse("weightsManifest", (json) =>
      delete json.weightsManifest);
    await refuse("it names 3000 files", (json) =>
      json.weightsManifest = [{ paths: Array<string>(3000).fill("w.bin"), weights }]);
    await refuse("", (json) =>
      json.modelTopology = { node: [{ name: "y", op: "NoSuchOp", input: [] }] });
    await refuse("", (json) =>
      json.modelTopology = {});
  }));
