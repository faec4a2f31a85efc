// The network of a job with its check input, as both the device and the reference build it.
import * as tf from "@tensorflow/tfjs";
import { buildDeployedModel } from "../../src/models/deployed_model.ts";
import { checkInput, initialiseWeights } from "../../src/models/weights.ts";
import type { MeasureJob } from "../../src/schemas/measurement.ts";

/** What determines a network and its output, whoever computes it. */
export type CandidateRequest = Pick<MeasureJob, "architecture" | "seed">;

/** A deployed network with one image. Owns its tensors: call `dispose`. */
export interface Candidate {
  /** Logits `[1, classes]` of the check input; the caller disposes them. */
  predict(): tf.Tensor2D;
  dispose(): void;
}

/** Makes the weights and the image of a request; the returned function builds them on the current tfjs backend. */
export function prepareCandidate({ architecture, seed }: CandidateRequest): () => Candidate {
  const weights = initialiseWeights(architecture, seed, { randomStatistics: true });
  const pixels = checkInput(architecture, seed);
  const { height, width, channels } = architecture.input;
  return () => {
    const model = buildDeployedModel(architecture, weights);
    const image = tf.tensor4d(pixels, [1, height, width, channels]);
    return {
      predict: () => model.predict(image),
      dispose() {
        model.dispose();
        image.dispose();
      },
    };
  };
}
