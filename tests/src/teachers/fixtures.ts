// Small data, networks and files that teachers are opened from.
import type { Dataset, ImageSet } from "../../../src/data/dataset.ts";
import { Random } from "../../../src/data/random.ts";
import { prepareTrainingData, type TrainingData } from "../../../src/data/training_data.ts";
import { ProtobufWriter } from "../../../src/export/onnx/protobuf.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import type { Teacher, TeacherRequest } from "../../../src/teachers/teacher.ts";

function noise(count: number, size: number, seed: number): ImageSet {
  const random = new Random(seed);
  const images = Uint8Array.from({ length: count * size }, () => random.integer(256));
  return { count, images, labels: Uint16Array.from({ length: count }, (_, image) => image % 3) };
}

/** Images of noise in three classes. */
export function noiseData({ side = 8, channels = 1, count = 40 } = {}): TrainingData {
  const dataset: Dataset = {
    name: "noise",
    source: "made by the test",
    height: side,
    width: side,
    channels,
    classNames: ["a", "b", "c"],
    augmentation: { shift: 1, mirror: false },
    contentHash: "1".repeat(64),
    train: noise(count, side * side * channels, 1),
    test: noise(8, side * side * channels, 2),
  };
  return prepareTrainingData(dataset, { seed: 1, validationImages: 10 });
}

/** A network of two stages and an embedding. */
export function tinyArchitecture({ side = 8, channels = 1, classes = 3 } = {}): Architecture {
  return {
    version: 1,
    input: { height: side, width: side, channels },
    classes,
    nodes: [
      { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 4, activation: "relu", tap: "stage1" },
      { op: "conv", inputs: [0], kernel: 3, stride: 2, filters: 6, activation: "relu", tap: "stage2" },
      { op: "globalAveragePool", inputs: [1], tap: "embedding" },
      { op: "dense", inputs: [2], units: classes },
    ],
  };
}

/** Runs `fn` in a folder of its own. */
export async function inFolder(fn: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await fn(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** A tensor for {@linkcode encodeTensors}. */
export interface TestTensor {
  dtype?: string;
  shape: readonly number[];
  bytes: Uint8Array;
}

/** Floats as F32. */
export function floatTensor(shape: readonly number[], values: ArrayLike<number>): TestTensor {
  return { shape, bytes: new Uint8Array(Float32Array.from(values).buffer) };
}

/** A safetensors file. */
export function encodeTensors(tensors: Record<string, TestTensor>, metadata?: Record<string, string>): Uint8Array {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  let offset = 0;
  for (const [name, { dtype = "F32", shape, bytes }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [offset, offset += bytes.length] };
  }
  return withHeader(JSON.stringify(header), Object.values(tensors).map(({ bytes }) => bytes));
}

/** A safetensors file with any header. */
export function withHeader(header: string, parts: readonly Uint8Array[] = []): Uint8Array {
  const json = new TextEncoder().encode(header);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(json.length), true);
  return Uint8Array.from([length, json, ...parts].flatMap((part) => [...part]));
}

/** A .npy file. */
export function encodeNpy(
  values: Uint8Array,
  { descr = "<f4", fortran = "False", shape }: { descr?: string; fortran?: string; shape: string },
): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`.padEnd(117) + "\n";
  const opening = Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, text.length & 255, text.length >> 8);
  return Uint8Array.from([...opening, ...new TextEncoder().encode(text), ...values]);
}

/** The ONNX file `file` with more of its tensors as outputs: parts of messages add up. */
export function withOutputs(file: Uint8Array, names: readonly string[]): Uint8Array<ArrayBuffer> {
  const graph = new ProtobufWriter();
  for (const name of names) graph.message(12, new ProtobufWriter().text(1, name));
  return Uint8Array.from([...file, ...new ProtobufWriter().message(7, graph).finish()]);
}

function port(name: string, sizes: readonly (number | string)[]): ProtobufWriter {
  const shape = new ProtobufWriter();
  for (const size of sizes) {
    const dimension = new ProtobufWriter();
    shape.message(1, typeof size === "number" ? dimension.integer(1, size) : dimension.text(2, size));
  }
  const tensor = new ProtobufWriter().integer(1, 1).message(2, shape);
  return new ProtobufWriter().text(1, name).message(2, new ProtobufWriter().message(1, tensor));
}

/**
 * An ONNX file of nodes without attributes or weights: its logits are means of pixels over `axes` of its input, of sizes
 * as given; text is an open size. `end` is applied to the means.
 */
export function meanOnnx(
  sizes: readonly (number | string)[],
  { axes, end }: { axes: readonly number[]; end?: "Softmax" | "Log" },
): Uint8Array<ArrayBuffer> {
  const node = (op: string, input: string, output: string) =>
    new ProtobufWriter().text(1, input).text(2, output).text(4, op);
  const integers = new ProtobufWriter().text(1, "axes").integers(8, axes).integer(20, 7);
  const flat = new ProtobufWriter().text(1, "keepdims").integer(3, 0).integer(20, 2);
  const mean = node("ReduceMean", "x", end ? "means" : "logits").message(5, integers).message(5, flat);
  const graph = new ProtobufWriter().message(1, mean);
  if (end) graph.message(1, node(end, "means", "logits"));
  graph.text(2, "mean").message(11, port("x", sizes)).message(12, port("logits", ["n", "c"]));
  return new ProtobufWriter().integer(1, 8).message(7, graph)
    .message(8, new ProtobufWriter().text(1, "").integer(2, 17)).finish();
}

/** {@linkcode meanOnnx} of colours, plus what three floats at the beginning of the file `location` say. */
export function externalOnnx(location: string, axes: readonly number[]): Uint8Array<ArrayBuffer> {
  const node = (op: string, inputs: readonly string[], output: string) => {
    const writer = new ProtobufWriter();
    for (const input of inputs) writer.text(1, input);
    return writer.text(2, output).text(4, op);
  };
  const integers = new ProtobufWriter().text(1, "axes").integers(8, axes).integer(20, 7);
  const flat = new ProtobufWriter().text(1, "keepdims").integer(3, 0).integer(20, 2);
  const entry = (key: string, value: string) => new ProtobufWriter().text(1, key).text(2, value);
  const bias = new ProtobufWriter().integer(1, 3).integer(2, 1).text(8, "bias").message(13, entry("location", location))
    .message(13, entry("offset", "0")).message(13, entry("length", "12")).integer(14, 1);
  const graph = new ProtobufWriter().message(
    1,
    node("ReduceMean", ["x"], "means").message(5, integers).message(5, flat),
  )
    .message(1, node("Add", ["means", "bias"], "logits")).text(2, "external").message(5, bias)
    .message(11, port("x", ["n", 3, 8, 8])).message(12, port("logits", ["n", "c"]));
  return new ProtobufWriter().integer(1, 8).message(7, graph)
    .message(8, new ProtobufWriter().text(1, "").integer(2, 17)).finish();
}

/** Requests of the images at `positions` of the training part as `images`. */
export function requestOf(
  data: TrainingData,
  { images, positions, features = [], view = 0 }: {
    images: Float32Array;
    positions: readonly number[];
    features?: readonly string[];
    view?: number;
  },
): TeacherRequest {
  const indices = Uint32Array.from(positions, (position) => data.train[position]);
  const labels = Int32Array.from(indices, (index) => data.dataset.train.labels[index]);
  return { images, labels, positions: Uint32Array.from(positions), indices, view, features };
}

/** A teacher whose answers say which image and view was asked about, and that counts images. */
export function tellingTeacher(): Teacher & { asked: number; disposed: number } {
  return {
    asked: 0,
    disposed: 0,
    name: "telling",
    hash: "ab",
    taps: { stages: [{ name: "stage1", shape: [2, 2, 1], before: false }], outputs: 3 },
    gives: ["logits", "stages"],
    outputs({ positions, view, features }) {
      this.asked += positions.length;
      const rows = (size: number) =>
        Float32Array.from(
          { length: positions.length * size },
          (_, at) => 1000 * view + 10 * positions[Math.floor(at / size)] + at % size,
        );
      return Promise.resolve({
        logits: rows(3),
        features: Object.fromEntries(features.map((feature) => [feature, rows(4)])),
      });
    },
    predict: (images) => Promise.resolve(images.slice(0, 3)),
    dispose() {
      this.disposed++;
    },
  };
}
