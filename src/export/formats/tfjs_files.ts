// What the two formats of TF.js have in common: a model.json with the weights beside it, opened by tfjs's own readers.
import * as tf from "@tensorflow/tfjs";
import { tfjsWeightsFile } from "../tfjs_weights.ts";
import { bytesOf, type ExportedFiles, type RunningExport } from "./format.ts";

export const checkedByTfjs = `TensorFlow.js ${tf.version_core}`;

const modelFile = "model.json";

export function tfjsFiles(modelJson: unknown, weights: Uint8Array<ArrayBuffer>): ExportedFiles {
  return { [modelFile]: JSON.stringify(modelJson), [tfjsWeightsFile]: weights };
}

/** Where `tf.loadLayersModel` and `tf.loadGraphModel` read the model from. */
export async function tfjsSource(files: ExportedFiles): Promise<tf.io.IOHandler> {
  const artifacts = await tf.io.getModelArtifactsForJSON(
    JSON.parse(new TextDecoder().decode(bytesOf(files, modelFile))) as tf.io.ModelJSON,
    (manifest) => Promise.resolve([manifest.flatMap((group) => group.weights), bytesOf(files, tfjsWeightsFile).buffer]),
  );
  return { load: () => Promise.resolve(artifacts) };
}

/** Runs `model`, whose input is `[batch, height, width, channels]`, on the current backend; disposes it when asked. */
export function runTfjs(model: tf.LayersModel | tf.GraphModel): RunningExport {
  const [, ...imageShape] = model.inputs[0].shape ?? [];
  return {
    async logits(images, count) {
      const input = tf.tensor(images, [count, ...imageShape as number[]]);
      const output = model.predict(input) as tf.Tensor;
      try {
        return Float32Array.from(await output.data<"float32">());
      } finally {
        tf.dispose([input, output]);
      }
    },
    dispose: () => void model.dispose(),
  };
}
