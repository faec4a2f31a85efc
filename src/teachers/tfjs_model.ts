// A TF.js model on the tfjs that runs beside the engine.
import * as tf from "@tensorflow/tfjs";
import type { Engine } from "../engine/network.ts";
import { startTensors } from "../training/start_tensors.ts";
import { declaredImages } from "./declared_images.ts";
import type { ImageSizes, Normalisation } from "./image_adaptation.ts";
import type { LoadedModel, ModelOutput } from "./model_teacher.ts";
import { oneLine } from "./one_line.ts";
import { readTfjsFiles } from "./tfjs_files.ts";

/**
 * Loads the GraphModel or LayersModel whose model.json lies at `path` and is `text`; it takes one input of floats, images,
 * normalised as the file says where it does. RangeError of one line that begins with `path` otherwise.
 */
export async function loadTfjsModel(
  text: string,
  { path, data, engine }: { path: string; data: ImageSizes; engine: Engine },
): Promise<LoadedModel & { normalisation?: Normalisation }> {
  const { format, hash, modelJson, normalisation, weights } = await readTfjsFiles(path, text);
  await startTensors(engine);
  let model: tf.GraphModel | tf.LayersModel;
  try {
    const artifacts = await tf.io.getModelArtifactsForJSON(
      modelJson,
      (manifest) => Promise.resolve([manifest.flatMap((group) => group.weights), weights]),
    );
    model = format === "graph"
      ? loadGraph(artifacts)
      : await tf.loadLayersModel({ load: () => Promise.resolve(artifacts) });
  } catch (error) {
    throw new RangeError(`${path}: not a TF.js model that can be loaded: ${oneLine(error)}`);
  }
  try {
    const [input] = model.inputs;
    if (model.inputs.length !== 1) {
      throw new RangeError(`${path}: it has ${model.inputs.length} inputs; a teacher has one, of images`);
    }
    if (input.dtype !== "float32") {
      throw new RangeError(`${path}: its input "${input.name}" is ${input.dtype}, not float32`);
    }
    const shape = (input.shape ?? []).map((size: number | null) => size !== null && size >= 1 ? size : undefined);
    const images = declaredImages(path, { shape, data, usual: "nhwc" });
    const { height, width, channels } = images.input;
    const sizes = images.layout === "nchw" ? [channels, height, width] : [height, width, channels];
    return {
      hash,
      normalisation,
      ...images,
      run: (values, count) => runModel(model, { path, values, shape: [count, ...sizes] }),
      dispose: () => model.dispose(),
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** A graph of which nothing is left where it cannot be loaded. */
function loadGraph(artifacts: tf.io.ModelArtifacts): tf.GraphModel {
  const loaded: tf.GraphModel<tf.io.IOHandlerSync>[] = [];
  tf.tidy(() => {
    const model = tf.loadGraphModelSync({ load: () => artifacts });
    Object.values(model.weights).flat().forEach((weight) => tf.keep(weight));
    loaded.push(model);
  });
  return loaded[0] as unknown as tf.GraphModel;
}

/** Models with control flow can only be run the asynchronous way, and say so. */
async function infer(model: tf.GraphModel | tf.LayersModel, images: tf.Tensor): Promise<tf.Tensor[]> {
  const flat = (outputs: tf.Tensor | tf.Tensor[] | tf.NamedTensorMap): tf.Tensor[] =>
    outputs instanceof tf.Tensor ? [outputs] : Object.values(outputs);
  try {
    return tf.tidy(() => flat(model.predict(images)));
  } catch (error) {
    if (model instanceof tf.LayersModel || !oneLine(error).includes("executeAsync")) throw error;
    return flat(await model.executeAsync(images));
  }
}

async function runModel(
  model: tf.GraphModel | tf.LayersModel,
  { path, values, shape }: { path: string; values: Float32Array; shape: number[] },
): Promise<ModelOutput[]> {
  const images = tf.tensor(values, shape);
  let outputs: tf.Tensor[] = [];
  try {
    outputs = await infer(model, images);
    return await Promise.all(outputs.map(async (output) => ({
      shape: output.shape,
      values: Float32Array.from(await output.data()),
    })));
  } catch (error) {
    throw new RangeError(`${path}: it does not run on images [${shape}]: ${oneLine(error)}`);
  } finally {
    tf.dispose([images, ...outputs]);
  }
}
