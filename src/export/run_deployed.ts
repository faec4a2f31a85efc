import * as tf from "@tensorflow/tfjs";
import { buildDeployedModel } from "../models/deployed_model.ts";
import type { Weights } from "../models/weights.ts";
import type { Architecture } from "../schemas/architecture.ts";
import type { RunningExport } from "./formats/format.ts";

/** The deployed form, which is what devices measure, on the current tfjs backend. */
export function runDeployed(architecture: Architecture, weights: Weights): RunningExport {
  const { height, width, channels } = architecture.input;
  const model = buildDeployedModel(architecture, weights);
  return {
    async logits(images, count) {
      const input = tf.tensor4d(images, [count, height, width, channels]);
      const output = model.predict(input);
      try {
        return Float32Array.from(await output.data<"float32">());
      } finally {
        tf.dispose([input, output]);
      }
    },
    dispose: () => model.dispose(),
  };
}
