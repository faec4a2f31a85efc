// What the deployed model gives on tfjs' plain JavaScript backend: the measure of every other form.
import * as tf from "@tensorflow/tfjs";
import { inputValues } from "../../../../devices/protocol/check.ts";
import { buildDeployedModel } from "../../../../src/models/deployed_model.ts";
import { initialiseWeights, type Weights } from "../../../../src/models/weights.ts";
import type { Architecture } from "../../../../src/schemas/architecture.ts";
import { useBackend } from "../../ops/run_op.ts";

/** Weights whose moving averages show a wrong folding. */
export function testWeights(architecture: Architecture, seed = 1): Weights {
  return initialiseWeights(architecture, seed, { randomStatistics: true });
}

/** One image for both forms. */
export function testImage({ input: { height, width, channels } }: Architecture, channelsFirst: boolean): Float32Array {
  return inputValues({ shape: [1, height, width, channels], seed: 3, channelsFirst });
}

/** Logits of {@linkcode testImage}. */
export async function deployedLogits(architecture: Architecture, weights: Weights): Promise<Float32Array> {
  await useBackend("cpu");
  const model = buildDeployedModel(architecture, weights);
  const { height, width, channels } = architecture.input;
  try {
    return tf.tidy(() => {
      const image = tf.tensor4d(testImage(architecture, false), [1, height, width, channels]);
      return model.predict(image).dataSync<"float32">().slice();
    });
  } finally {
    model.dispose();
  }
}
