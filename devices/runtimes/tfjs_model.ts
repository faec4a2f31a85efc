// A user's TF.js model, from files that are known by their hashes.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import type { NetworkSource } from "../../src/schemas/measurement.ts";
import type { RuntimeHost } from "./runtime.ts";

type TfjsSource = Extract<NetworkSource, { kind: "tfjs" }>;

/** A loaded model; both kinds take one tensor and give one or several. */
export type LoadedModel = tf.GraphModel | tf.LayersModel;

/** Only what is needed to find the weights; tfjs itself looks at the rest. */
const modelJsonSchema = z.looseObject({
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: z.array(z.looseObject({ paths: z.array(z.string()), weights: z.array(z.unknown()) })),
});

/** The files of a model as tfjs takes them. Error in one line if one is missing or unreadable. */
export async function fetchArtifacts({ files }: TfjsSource, host: RuntimeHost): Promise<tf.io.ModelArtifacts> {
  const [modelFile, ...weightFiles] = files;
  const folder = modelFile.path.slice(0, modelFile.path.lastIndexOf("/") + 1);
  const hashes = new Map(weightFiles.map(({ path, sha256 }) => [path, sha256]));
  const text = new TextDecoder().decode(await host.modelFile(modelFile.sha256));
  const { data, success } = modelJsonSchema.safeParse(parseJson(text));
  if (!success) throw new Error(`${modelFile.path} is not a TF.js model: it needs modelTopology and weightsManifest`);
  const modelJson = data as unknown as tf.io.ModelJSON;
  return await tf.io.getModelArtifactsForJSON(modelJson, async (manifest) => {
    const shards: Uint8Array<ArrayBuffer>[] = [];
    for (const path of manifest.flatMap(({ paths }) => paths)) {
      const sha256 = hashes.get(folder + path);
      if (!sha256) throw new Error(`${modelFile.path} names the file ${path}, which was not given`);
      shards.push(await host.modelFile(sha256));
    }
    return [manifest.flatMap(({ weights }) => weights), joined(shards)];
  });
}

/**
 * Shards as one buffer. tfjs 4.22 takes several, but reads zeros from a last one that is larger than the others
 * (CompositeArrayBuffer.findShardForByte).
 */
function joined(shards: readonly Uint8Array[]): ArrayBuffer {
  const all = new Uint8Array(shards.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const shard of shards) {
    all.set(shard, place);
    place += shard.length;
  }
  return all.buffer;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Builds a model that takes one input of floats; dispose it. Error in one line for any other. */
export async function buildTfjsModel(
  format: TfjsSource["format"],
  artifacts: tf.io.ModelArtifacts,
): Promise<LoadedModel> {
  const handler: tf.io.IOHandler = { load: () => Promise.resolve(artifacts) };
  const model = format === "graph" ? await tf.loadGraphModel(handler) : await tf.loadLayersModel(handler);
  const problem = inputProblem(model);
  if (!problem) return model;
  model.dispose();
  throw new Error(problem);
}

function inputProblem({ inputs }: LoadedModel): string | undefined {
  if (inputs.length !== 1) {
    return `the model has ${inputs.length} inputs (${inputs.map(({ name }) => name).join(", ")}); it must have one`;
  }
  const [{ name, dtype }] = inputs;
  if (dtype !== "float32") return `the model's input "${name}" takes ${dtype}; it must take float32`;
}

/** One inference: outputs that the caller disposes. Nothing else is left behind. */
export type Predict = (input: tf.Tensor) => tf.Tensor[] | Promise<tf.Tensor[]>;

/** How `model` is run: models with control flow can only be run the asynchronous way. */
export function predictorOf(model: LoadedModel): Predict {
  const flat = (outputs: tf.Tensor | tf.Tensor[] | tf.NamedTensorMap): tf.Tensor[] =>
    outputs instanceof tf.Tensor ? [outputs] : Object.values(outputs);
  if (model instanceof tf.LayersModel) return (input) => tf.tidy(() => flat(model.predict(input)));
  let asynchronous = false;
  return async (input) => {
    if (!asynchronous) {
      try {
        return tf.tidy(() => flat(model.execute(input)));
      } catch (error) {
        if (!(error instanceof Error && error.message.includes("executeAsync"))) throw error;
        asynchronous = true;
      }
    }
    return flat(await model.executeAsync(input));
  };
}
