// Small real models in a temporary folder.
import * as tf from "@tensorflow/tfjs";
import { encodeModelFile } from "../../../src/export/onnx/model_file.ts";
import { ProtobufWriter } from "../../../src/export/onnx/protobuf.ts";

/** Runs `fn` in a folder of its own. */
export async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir());
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Writes `json` and gives its path. */
export async function writeJson(path: string, json: unknown): Promise<string> {
  await Deno.writeTextFile(path, JSON.stringify(json));
  return path;
}

/** Saves `model` as a TF.js folder of which the weights are in two files. */
export async function saveLayersModel(model: tf.LayersModel, folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await model.save(tf.io.withSaveHandler(async ({ modelTopology, weightSpecs = [], weightData, format }) => {
    const whole = new Uint8Array(weightData as ArrayBuffer);
    const half = whole.length >> 1;
    await Deno.writeFile(`${folder}/a.bin`, whole.subarray(0, half));
    await Deno.mkdir(`${folder}/more`, { recursive: true });
    await Deno.writeFile(`${folder}/more/b.bin`, whole.subarray(half));
    const weightsManifest = [{ paths: ["./a.bin", "more/b.bin"], weights: weightSpecs }];
    await writeJson(`${folder}/model.json`, { format, modelTopology, weightsManifest });
    return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
  }));
}

/** A small convolutional classifier; dispose it. */
export function imageClassifier(inputShape: (number | null)[] = [8, 8, 3]): tf.Sequential {
  return tf.sequential({
    layers: [
      // tfjs takes null for an open size, which its types leave out.
      tf.layers.conv2d({ inputShape: inputShape as number[], filters: 4, kernelSize: 3, activation: "relu" }),
      tf.layers.globalAveragePooling2d({}),
      tf.layers.dense({ units: 5, activation: "softmax" }),
    ],
  });
}

/** Weights of {@linkcode writeGraphModel}: `[4, 3]`. */
export const graphWeights = Float32Array.from({ length: 12 }, (_, index) => (index - 5) / 7);

/** A GraphModel that multiplies `[?, 4]` by {@linkcode graphWeights}; `change` may alter its JSON. */
export async function writeGraphModel(folder: string, change: (json: GraphJson) => void = () => {}): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const float = { type: "DT_FLOAT" };
  const dims = (...sizes: string[]) => ({ dim: sizes.map((size) => ({ size })) });
  const placeholder = (name: string) => ({
    name,
    op: "Placeholder",
    attr: { dtype: { type: "DT_FLOAT" }, shape: { shape: dims("-1", "4") } },
  });
  const json: GraphJson = {
    format: "graph-model",
    modelTopology: {
      node: [
        placeholder("x"),
        { name: "w", op: "Const", attr: { dtype: float, value: { tensor: { dtype: "DT_FLOAT", tensorShape: {} } } } },
        { name: "y", op: "MatMul", input: ["x", "w"], attr: { T: float } },
      ],
      versions: { producer: 1 },
    },
    signature: { inputs: { x: { name: "x:0", dtype: "DT_FLOAT", tensorShape: dims("-1", "4") } } },
    weightsManifest: [{ paths: ["w.bin"], weights: [{ name: "w", shape: [4, 3], dtype: "float32" }] }],
  };
  change(json);
  await Deno.writeFile(`${folder}/w.bin`, new Uint8Array(graphWeights.buffer));
  await writeJson(`${folder}/model.json`, json);
}

export interface GraphJson {
  format?: string;
  modelTopology: {
    node: { name: string; op: string; input?: string[]; attr: Record<string, unknown> }[];
    versions: { producer: number };
  };
  signature?: { inputs: Record<string, Record<string, unknown>> };
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
}

/** An input of an ONNX file: name, element type (1: float), sizes; text is an open size. */
export type OnnxInput = readonly [name: string, elementType: number, sizes: readonly (number | string)[] | undefined];

function valueInfo([name, elementType, sizes]: OnnxInput): ProtobufWriter {
  const tensor = new ProtobufWriter().integer(1, elementType);
  if (sizes) {
    const shape = new ProtobufWriter();
    for (const size of sizes) {
      const dimension = new ProtobufWriter();
      shape.message(1, typeof size === "number" ? dimension.integer(1, size) : dimension.text(2, size));
    }
    tensor.message(2, shape);
  }
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor));
}

/** An ONNX file that only declares `inputs`; its graph goes on with `more`. */
export function declaringOnnx(
  inputs: readonly OnnxInput[],
  more: (graph: ProtobufWriter) => void = () => {},
): Uint8Array {
  const graph = new ProtobufWriter().text(2, "declares");
  for (const input of inputs) graph.message(11, valueInfo(input));
  more(graph);
  return new ProtobufWriter().integer(1, 8).message(7, graph).finish();
}

/** An ONNX file that adds 1 to `[1, 3]`. */
export function addingOnnx(): Uint8Array<ArrayBuffer> {
  return encodeModelFile({
    name: "adds",
    input: { name: "x", shape: [1, 3] },
    output: { name: "y", shape: [1, 3] },
    nodes: [{ name: "add", op: "Add", inputs: ["x", "one"], output: "y", attributes: {} }],
    constants: [{ name: "one", shape: [1], values: Float32Array.of(1) }],
  });
}
