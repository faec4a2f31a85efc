import { assertEquals, assertRejects } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { createHash } from "node:crypto";
import { readModel } from "../../../devices/models/read_model.ts";
import { ProtobufWriter } from "../../../src/export/onnx/protobuf.ts";
import { exportOnnx } from "../../../src/export/onnx.ts";
import { modelSchema } from "../../../src/schemas/measurement.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { useBackend } from "../../src/ops/run_op.ts";
import { tinyArchitecture } from "../tiny_architecture.ts";
import {
  declaringOnnx,
  imageClassifier,
  inFolder,
  type OnnxInput,
  saveLayersModel,
  writeGraphModel,
  writeJson,
} from "./model_files.ts";

async function assertRefused(path: string, message: string, options?: { inputShape?: number[] }): Promise<void> {
  const error = await assertRejects(() => readModel(path, options), Error, message);
  assertEquals(error.message.includes("\n"), false, `more than one line: ${error.message}`);
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

Deno.test("an architecture is read with its image as the input", () =>
  inFolder(async (folder) => {
    const path = await writeJson(`${folder}/tiny.json`, tinyArchitecture);
    const { model, files } = await readModel(path);
    const { height, width, channels } = tinyArchitecture.input;
    assertEquals(model.name, "tiny");
    assertEquals(model.source, { kind: "architecture", architecture: tinyArchitecture, seed: 1 });
    assertEquals(model.input, { shape: [1, height, width, channels], seed: 1, channelsFirst: false });
    assertEquals(files.size, 0);
    assertEquals(await readModel(path, { inputShape: [1, height, width, channels] }), { model, files });
    await assertRefused(path, "tiny.json takes [1, ", { inputShape: [1, 99, 99, 3] });
  }));

Deno.test("architectures that cannot be are refused with the place of the fault", () =>
  inFolder(async (folder) => {
    const { nodes } = tinyArchitecture;
    const refused = async (json: unknown, message: string) =>
      assertRefused(await writeJson(`${folder}/a.json`, json), message);
    await refused({ ...tinyArchitecture, classes: 0 }, "a.json is no architecture: classes: ");
    await refused({ ...tinyArchitecture, nodes: [{ op: "magic", inputs: [-1] }] }, "no architecture: nodes.0.op: ");
    await refused({ ...tinyArchitecture, nodes: nodes.slice(0, -1) }, "a.json: the last node gives");
    await refused({ ...tinyArchitecture, input: { height: 1e6, width: 1e6, channels: 3 } }, "at most 16777216");
    const wide = { op: "conv", inputs: [-1], kernel: 15, stride: 1, filters: 1e9, activation: "none" };
    await refused({ ...tinyArchitecture, nodes: [wide, ...nodes.slice(1)] }, "at most 512 MB");
  }));

Deno.test("a TF.js LayersModel is read from its folder, or by its model.json", () =>
  inFolder(async (folder) => {
    await useBackend("cpu");
    const classifier = imageClassifier();
    await saveLayersModel(classifier, `${folder}/net`);
    classifier.dispose();
    const { model, files } = await readModel(`${folder}/net/`);
    assertEquals(modelSchema.parse(model), model);
    assertEquals([model.name, model.input.shape], ["net", [1, 8, 8, 3]]);
    if (model.source.kind !== "tfjs") throw new Error(`not a TF.js model: ${model.source.kind}`);
    assertEquals(model.source.format, "layers");
    assertEquals(model.source.files.map(({ path }) => path), ["model.json", "./a.bin", "more/b.bin"]);
    for (const { path, sha256, bytes } of model.source.files) {
      const content = await Deno.readFile(`${folder}/net/${path}`);
      assertEquals([sha256, bytes, files.get(sha256)], [
        hashOf(content),
        content.length,
        await Deno.realPath(`${folder}/net/${path}`),
      ]);
    }
    assertEquals(await readModel(`${folder}/net/model.json`), { model, files });
  }));

Deno.test("sizes that a model leaves open are asked for", () =>
  inFolder(async (folder) => {
    await useBackend("cpu");
    const classifier = imageClassifier([null, null, 3]);
    await saveLayersModel(classifier, folder);
    classifier.dispose();
    await assertRefused(folder, "leaves sizes of its input conv2d");
    await assertRefused(folder, "[?, ?, ?, 3]: add for instance --input-shape 1,224,224,3");
    await assertRefused(folder, "takes [?, ?, ?, 3] as its input", { inputShape: [1, 16, 16, 1] });
    await assertRefused(folder, "takes [?, ?, ?, 3] as its input", { inputShape: [16, 16, 3] });
    await assertRefused(folder, "which is 30000000 values; at most 16777216", { inputShape: [1, 10000, 1000, 3] });
    await assertRefused(folder, "each at least 1", { inputShape: [1, 0, 16, 3] });
    assertEquals((await readModel(folder, { inputShape: [2, 16, 20, 3] })).model.input.shape, [2, 16, 20, 3]);
  }));

Deno.test("LayersModels of every form declare their input", () =>
  inFolder(async (folder) => {
    await useBackend("cpu");
    const saved = async (name: string, model: tf.LayersModel) => {
      await saveLayersModel(model, `${folder}/${name}`);
      model.dispose();
      return `${folder}/${name}`;
    };
    const dense = (input: tf.SymbolicTensor) => tf.layers.dense({ units: 2 }).apply(input) as tf.SymbolicTensor;
    const [a, b] = [tf.input({ shape: [4], name: "a" }), tf.input({ shape: [4], name: "b" })];
    const whole = tf.input({ shape: [4], dtype: "int32", name: "whole" });
    const functional = await saved("functional", tf.model({ inputs: a, outputs: dense(a) }));
    assertEquals((await readModel(functional)).model.input.shape, [1, 4]);
    const nested = tf.sequential({ layers: [imageClassifier(), tf.layers.dense({ units: 1 })] });
    assertEquals((await readModel(await saved("nested", nested))).model.input.shape, [1, 8, 8, 3]);
    const two = tf.model({ inputs: [a, b], outputs: tf.layers.add().apply([a, b]) as tf.SymbolicTensor });
    await assertRefused(await saved("two", two), "has 2 inputs (a, b); only models with one can be timed");
    const integers = tf.model({ inputs: whole, outputs: dense(whole) });
    await assertRefused(await saved("integers", integers), "takes int32, not float32, as its input whole");
    // As Keras' own converter wraps it, with the layers of a Sequential in a plain list.
    const path = `${folder}/functional/model.json`;
    const json = JSON.parse(await Deno.readTextFile(path));
    json.modelTopology = { keras_version: "2", backend: "tensorflow", model_config: json.modelTopology };
    await writeJson(path, json);
    assertEquals((await readModel(functional)).model.input.shape, [1, 4]);
  }));

Deno.test("a GraphModel declares its input in the signature or by placeholders", () =>
  inFolder(async (folder) => {
    await writeGraphModel(folder);
    const { model } = await readModel(folder);
    assertEquals(model.source.kind === "tfjs" && model.source.format, "graph");
    assertEquals(model.input.shape, [1, 4]);
    await writeGraphModel(folder, (json) => {
      delete json.signature;
      delete json.format;
    });
    assertEquals((await readModel(folder)).model.input.shape, [1, 4]);
    await writeGraphModel(folder, (json) => {
      delete json.signature;
      json.modelTopology.node.push({ ...json.modelTopology.node[0], name: "z" });
    });
    await assertRefused(folder, "has 2 inputs (x, z)");
    await writeGraphModel(folder, (json) => {
      if (json.signature) json.signature.inputs.x.dtype = "DT_INT32";
    });
    await assertRefused(folder, "takes int32, not float32, as its input x:0");
    await writeGraphModel(folder, (json) => {
      delete json.signature;
      json.modelTopology.node[0].attr = { dtype: { type: 1 }, shape: { shape: { unknownRank: true } } };
    });
    await assertRefused(folder, "does not say its input's shape: add for instance --input-shape 1,224,224,3");
  }));

Deno.test("files of a TF.js model outside its folder are refused", () =>
  inFolder(async (outer) => {
    const folder = `${outer}/net`;
    await Deno.writeTextFile(`${outer}/secret.bin`, "secret");
    const naming = (path: string) => writeGraphModel(folder, (json) => json.weightsManifest[0].paths = [path]);
    await naming("../secret.bin");
    await assertRefused(folder, "needs ../secret.bin, which lies outside its folder");
    await naming(`../net/../secret.bin`);
    await assertRefused(folder, "which lies outside its folder");
    await naming(`${outer}/secret.bin`);
    await assertRefused(folder, "which cannot be read");
    await naming("https://example.org/w.bin");
    await assertRefused(folder, "which cannot be read");
    await naming(".");
    await assertRefused(folder, "which lies outside its folder");
    await Deno.mkdir(`${folder}/deeper`);
    await naming("deeper");
    await assertRefused(folder, "needs deeper, which is no file");
    await naming("link.bin");
    await Deno.symlink(`${outer}/secret.bin`, `${folder}/link.bin`);
    await assertRefused(folder, "needs link.bin, which lies outside its folder");
    await Deno.rename(`${folder}/model.json`, `${outer}/elsewhere.json`);
    await Deno.symlink(`${outer}/elsewhere.json`, `${folder}/model.json`);
    await assertRefused(folder, "needs model.json, which lies outside its folder");
  }));

Deno.test("a symbolic link to the folder itself is followed, and so is one within it", () =>
  inFolder(async (outer) => {
    await writeGraphModel(`${outer}/net`);
    await Deno.symlink(`${outer}/net`, `${outer}/link`);
    await Deno.rename(`${outer}/net/w.bin`, `${outer}/net/real.bin`);
    await Deno.symlink("real.bin", `${outer}/net/w.bin`);
    const { model, files } = await readModel(`${outer}/link`);
    assertEquals(model.name, "link");
    assertEquals([...files.values()], [`${outer}/net/model.json`, `${outer}/net/real.bin`]);
  }));

Deno.test("an ONNX file is read without its weights", () =>
  inFolder(async (folder) => {
    const file = exportOnnx(tinyArchitecture, initialiseWeights(tinyArchitecture, 1));
    await Deno.writeFile(`${folder}/tiny.onnx`, file);
    const { model, files } = await readModel(`${folder}/tiny.onnx`);
    const { height, width, channels } = tinyArchitecture.input;
    const onnx = { path: "model.onnx", sha256: hashOf(file), bytes: file.length };
    assertEquals(modelSchema.parse(model), model);
    assertEquals(model, {
      name: "tiny",
      source: { kind: "onnx", file: onnx },
      input: { shape: [1, channels, height, width], seed: 1, channelsFirst: false },
    });
    assertEquals([...files], [[onnx.sha256, `${folder}/tiny.onnx`]]);
  }));

Deno.test("inputs of ONNX files are checked", () =>
  inFolder(async (folder) => {
    const path = `${folder}/net.onnx`;
    const declare = (inputs: OnnxInput[], more?: Parameters<typeof declaringOnnx>[1]) =>
      Deno.writeFile(path, declaringOnnx(inputs, more));
    await declare([["x", 1, ["N", 3, 32, 32]]]);
    assertEquals((await readModel(path)).model.input.shape, [1, 3, 32, 32]);
    await declare([["x", 1, [-1, 3, "height", 0]]]);
    await assertRefused(path, "leaves sizes of its input x open, [?, 3, ?, ?]");
    assertEquals((await readModel(path, { inputShape: [1, 3, 9, 8] })).model.input.shape, [1, 3, 9, 8]);
    await declare([["x", 1, undefined]]);
    await assertRefused(path, "does not say its input's shape");
    await declare([["ids", 7, [1, 128]]]);
    await assertRefused(path, "takes int64, not float32, as its input ids");
    await declare([["half", 10, [1, 3]]]);
    await assertRefused(path, "takes float16, not float32");
    await declare([["a", 1, [1, 3]], ["b", 1, [1, 3]]]);
    await assertRefused(path, "has 2 inputs (a, b)");
    await declare([]);
    await assertRefused(path, "has 0 inputs; only models with one can be timed");
    await declare([["scalar", 1, []]]);
    await assertRefused(path, "an input has 1 to 8 dimensions");
    // Old exporters list the weights among the inputs.
    await declare([["x", 1, [1, 3]], ["weight", 1, [3, 3]]], (graph) => {
      graph.message(5, new ProtobufWriter().text(8, "weight"));
    });
    assertEquals((await readModel(path)).model.input.shape, [1, 3]);
  }));

Deno.test("an ONNX file whose weights lie elsewhere is refused, wherever it says so", () =>
  inFolder(async (folder) => {
    const path = `${folder}/net.onnx`;
    const message = () => new ProtobufWriter();
    const external = message().text(8, "w").message(13, message().text(1, "location").text(2, "/etc/passwd"));
    const attribute = (field: number, value: ProtobufWriter) => message().message(5, message().message(field, value));
    const places: ((graph: ProtobufWriter) => void)[] = [
      (graph) => graph.message(5, external),
      (graph) => graph.message(5, message().text(8, "w").integer(14, 1)),
      (graph) => graph.message(15, message().message(1, external)),
      (graph) => graph.message(1, attribute(5, external)),
      (graph) => graph.message(1, attribute(6, message().message(5, external))),
    ];
    for (const place of places) {
      await Deno.writeFile(path, declaringOnnx([["x", 1, [1, 3]]], place));
      await assertRefused(path, "net.onnx keeps weights in other files; save it as one file");
    }
  }));

Deno.test("an ONNX file cut off anywhere is refused", () =>
  inFolder(async (folder) => {
    const file = exportOnnx(tinyArchitecture, initialiseWeights(tinyArchitecture, 1));
    const path = `${folder}/cut.onnx`;
    // The last 6 bytes are the operator set, without which the rest is whole.
    for (let length = 1; length < file.length - 6; length += 37) {
      await Deno.writeFile(path, file.subarray(0, length));
      await assertRefused(path, "cut.onnx is n");
    }
  }));

Deno.test("what is no model is refused in one line", () =>
  inFolder(async (folder) => {
    const path = `${folder}/thing`;
    const refused = async (content: string | Uint8Array, message: string) => {
      await (typeof content === "string" ? Deno.writeTextFile(path, content) : Deno.writeFile(path, content));
      await assertRefused(path, message);
    };
    await assertRefused(`${folder}/nothing.onnx`, "nothing.onnx: no such file");
    await assertRefused(folder, "is a folder without a model.json");
    await assertRefused("/dev/null", "/dev/null is neither a file nor a folder");
    await refused("", "thing is empty");
    await refused("hello\nworld", "thing is neither JSON nor a whole ONNX file");
    await refused('{"nodes": [1, 2', "thing is not JSON");
    await refused("[1, 2]", "thing is JSON, but neither an architecture nor a TF.js model");
    await refused('{"a": 1}', "thing is JSON, but neither an architecture nor a TF.js model");
    await refused('{"nodes": 1}', "thing is no architecture: version");
    await refused('{"modelTopology": {}}', "thing is no TF.js model: weightsManifest");
    await refused(
      '{"modelTopology": {}, "weightsManifest": []}',
      "thing is no TF.js model: its topology cannot be read",
    );
    await refused(
      '{"modelTopology": {"node": 3}, "weightsManifest": []}',
      "thing is no TF.js model: its graph cannot be",
    );
    await refused('{"format": "new", "modelTopology": {}, "weightsManifest": []}', 'thing has the format "new"');
    const deep = `${'{"class_name": "Sequential", "config": {"layers": ['.repeat(20_000)}${"]}}".repeat(20_000)}`;
    await refused(`{"modelTopology": ${deep}, "weightsManifest": []}`, "thing is no");
    await refused(crypto.getRandomValues(new Uint8Array(5000)).fill(0xff, 0, 3), "nor a whole ONNX file");
    await refused(new Uint8Array(5000), "nor a whole ONNX file");
    // Nested without end, each message the only content of the one before.
    let nested = new ProtobufWriter();
    for (let depth = 0; depth < 300; depth++) {
      nested = new ProtobufWriter().message(
        1,
        new ProtobufWriter().message(5, new ProtobufWriter().message(6, nested)),
      );
    }
    await refused(new ProtobufWriter().message(7, nested).finish(), "nested more than 50 deep");
  }));

Deno.test("files that are too large are refused by their size, unread", () =>
  inFolder(async (folder) => {
    const sparse = async (path: string, bytes: number, start = "") => {
      await Deno.writeTextFile(path, start);
      await Deno.truncate(path, bytes);
    };
    await sparse(`${folder}/big.onnx`, 3e9);
    await assertRefused(`${folder}/big.onnx`, "big.onnx is 3.0 GB; at most 512 MB");
    await sparse(`${folder}/big.json`, 100e6, "{");
    await assertRefused(`${folder}/big.json`, "big.json is 100 MB of JSON; at most 64.0 MB");
    await writeGraphModel(`${folder}/net`);
    await sparse(`${folder}/net/w.bin`, 2.1e9);
    await assertRefused(`${folder}/net`, "is 2.1 GB with its weights; at most 512 MB");
  }));
