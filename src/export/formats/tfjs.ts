import * as tf from "@tensorflow/tfjs";
import { exportTfjs, tfjsWeightsFile } from "../tfjs.ts";
import { bytesOf, type ExportFormat } from "./format.ts";

const modelFile = "model.json";

/** The model of the two files, by tfjs's own reader on the current backend. The caller disposes it. */
async function load(modelJson: string, weights: ArrayBuffer): Promise<tf.LayersModel> {
  const artifacts = await tf.io.getModelArtifactsForJSON(
    JSON.parse(modelJson) as tf.io.ModelJSON,
    (manifest) => Promise.resolve([manifest.flatMap((group) => group.weights), weights]),
  );
  return await tf.loadLayersModel({ load: () => Promise.resolve(artifacts) });
}

/** Batches of any size; an image at `[height, width, channels]`. */
export const tfjs: ExportFormat = {
  summary: "TF.js LayersModel",
  checkedBy: `TensorFlow.js ${tf.version_core}`,
  encode(architecture, weights) {
    const { modelJson, weights: bytes } = exportTfjs(architecture, weights);
    return { [modelFile]: JSON.stringify(modelJson), [tfjsWeightsFile]: bytes };
  },
  async open(files) {
    const model = await load(
      new TextDecoder().decode(bytesOf(files, modelFile)),
      bytesOf(files, tfjsWeightsFile).buffer,
    );
    const [, ...imageShape] = model.inputs[0].shape;
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
  },
};
