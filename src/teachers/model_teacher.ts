// A teacher that is a model of another runtime: images in, any number of outputs out. What the outputs are is learnt from
// a first run: the first one `[N, classes]` is the logits, images after it are stages, another vector is the embedding.
import type { NetworkTaps, StageTap } from "../distillation/taps.ts";
import type { ImageSizes } from "./image_adaptation.ts";
import type { Teacher, TeacherRequest } from "./teacher.ts";

/** An output as the runtime gives it, row-major. */
export interface ModelOutput {
  shape: readonly number[];
  values: Float32Array;
}

/** Whether channels come after or before height and width. */
export type ImageLayout = "nhwc" | "nchw";

/** A model, loaded. */
export interface LoadedModel {
  /** Of its content, in hexadecimal. */
  hash: string;
  /** Sizes of the images that it takes. */
  input: ImageSizes;
  layout: ImageLayout;
  /** Images per run where the model fixes it. */
  batch?: number;
  /** Outputs in the model's order of `count` images in its own layout. */
  run(images: Float32Array, count: number): Promise<ModelOutput[]>;
  dispose(): void;
}

/** `[count, rows, columns]` to `[count, columns, rows]`. */
function swapped(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += rows * columns) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        result[start + column * rows + row] = values[start + row * columns + column];
      }
    }
  }
  return result;
}

/** A feature with its place among the outputs. */
interface Tap {
  output: number;
  /** `[height, width, channels]` or `[channels]` */
  shape: readonly number[];
}

interface Outputs {
  logits: number;
  taps: Map<string, Tap>;
  networkTaps: NetworkTaps;
}

function outputsOf(path: string, found: readonly ModelOutput[], layout: ImageLayout): Outputs {
  const logits = found.findIndex(({ shape }) => shape.length === 2);
  if (logits < 0) {
    const shapes = found.map(({ shape }) => `[${shape}]`).join(", ");
    throw new RangeError(`${path}: no output is [images, classes]; it has ${shapes || "none"}`);
  }
  const taps = new Map<string, Tap>();
  const stages: StageTap[] = [];
  let embedding: NetworkTaps["embedding"];
  for (const [output, { shape }] of found.entries()) {
    if (output === logits) continue;
    if (shape.length === 4) {
      const [, a, b, c] = shape;
      const place: [number, number, number] = layout === "nchw" ? [b, c, a] : [a, b, c];
      const name = `stage${stages.length + 1}`;
      stages.push({ name, shape: place, before: false });
      taps.set(name, { output, shape: place });
    } else if (shape.length === 2 && !embedding) {
      embedding = { name: "embedding", channels: shape[1] };
      taps.set("embedding", { output, shape: [shape[1]] });
    }
  }
  return { logits, taps, networkTaps: { stages, embedding, outputs: found[logits].shape[1] } };
}

/** Runs `count` images, several at a time; outputs are joined. */
async function runAll(
  model: LoadedModel,
  { path, images, count, atOnce }: { path: string; images: Float32Array; count: number; atOnce: number },
): Promise<ModelOutput[]> {
  const size = model.input.height * model.input.width * model.input.channels;
  const all = model.layout === "nchw"
    ? swapped(images, model.input.height * model.input.width, model.input.channels)
    : images;
  let joined: ModelOutput[] = [];
  for (let start = 0; start < count; start += atOnce) {
    const rows = Math.min(atOnce, count - start);
    let some = all.subarray(start * size, (start + rows) * size);
    const given = model.batch ?? rows;
    if (rows < given) {
      const whole = new Float32Array(given * size);
      whole.set(some);
      some = whole;
    }
    const outputs = await model.run(some, given);
    for (const [index, { shape, values }] of outputs.entries()) {
      if (shape[0] !== given || values.length !== shape.reduce((product, length) => product * length, 1)) {
        throw new RangeError(`${path}: output ${index} is [${shape}] for ${given} images`);
      }
    }
    if (start === 0) {
      joined = outputs.map(({ shape, values }) => ({
        shape: [count, ...shape.slice(1)],
        values: new Float32Array(values.length / given * count),
      }));
    }
    for (const [index, { values }] of outputs.entries()) {
      const width = values.length / given;
      joined[index].values.set(values.subarray(0, rows * width), start * width);
    }
  }
  return joined;
}

function requireFinite(path: string, logits: Float32Array, classes: number): void {
  const wrong = logits.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  throw new RangeError(`${path}: a logit of image ${Math.floor(wrong / classes)} of a batch is ${logits[wrong]}`);
}

/**
 * `model` as a teacher, which owns it from then on. `probe` are images of the kind that it will see. RangeError that begins
 * with `path` where it does not run on them or gives no logits; the model stays the caller's then.
 */
export async function modelTeacher(
  model: LoadedModel,
  { path, name, batchSize, probe }: { path: string; name: string; batchSize: number; probe: Float32Array },
): Promise<Teacher> {
  const size = model.input.height * model.input.width * model.input.channels;
  let atOnce = model.batch ?? batchSize;
  const run = (images: Float32Array) => runAll(model, { path, images, count: images.length / size, atOnce });
  let found: ModelOutput[];
  try {
    found = await run(probe);
  } catch (error) {
    // Models exported with one image may fix that inside though their input does not say so.
    if (atOnce === 1) throw error;
    atOnce = 1;
    found = await run(probe).catch(() => {
      throw error;
    });
  }
  const { logits: first, taps, networkTaps } = outputsOf(path, found, model.layout);
  const classes = networkTaps.outputs;
  return {
    name,
    hash: model.hash,
    taps: networkTaps,
    gives: [
      "logits",
      ...(networkTaps.stages.length > 0 ? ["stages" as const] : []),
      ...(networkTaps.embedding ? ["embedding" as const] : []),
    ],
    async outputs({ images, features, imageGradient }: TeacherRequest) {
      if (imageGradient) throw new RangeError(`${name} gives no image gradients`);
      const unknown = features.find((feature) => !taps.has(feature));
      if (unknown !== undefined) {
        throw new RangeError(`${name} has no feature ${unknown}; it has ${[...taps.keys()].join(", ") || "none"}`);
      }
      const answers = await run(images);
      const logits = answers[first].values;
      requireFinite(path, logits, classes);
      const values: Record<string, Float32Array> = {};
      for (const feature of features) {
        const { output, shape } = taps.get(feature) as Tap;
        values[feature] = model.layout === "nchw" && shape.length === 3
          ? swapped(answers[output].values, shape[2], shape[0] * shape[1])
          : answers[output].values;
      }
      return { logits, features: values };
    },
    async predict(images) {
      const logits = new Float32Array(images.length / size * classes);
      for (let start = 0; start * size < images.length; start += batchSize) {
        const answers = await run(images.subarray(start * size, (start + batchSize) * size));
        logits.set(answers[first].values, start * classes);
      }
      requireFinite(path, logits, classes);
      return logits;
    },
    dispose: () => model.dispose(),
  };
}
