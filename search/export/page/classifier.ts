import * as tf from "@tensorflow/tfjs";
import { buildDeployedModel } from "../../../src/models/deployed_model.ts";
import type { PageData } from "./page_data.ts";
import { softmax } from "./preprocess.ts";

const timedRuns = 15;
const timedMs = 400;

export interface Answer {
  /** By class. */
  probabilities: number[];
  /** Median of `runs` inferences, the result's reading included. */
  medianMs: number;
  runs: number;
}

export interface Classifier {
  /** `image` `[height, width, channels]`, normalised. */
  classify(image: Float32Array): Promise<Answer>;
}

function floats(base64: string): Float32Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return new Float32Array(bytes.buffer);
}

/** The network of `data` in its deployed form on the current backend, warmed up. */
export async function createClassifier({ architecture, weights }: PageData): Promise<Classifier> {
  const { height, width, channels } = architecture.input;
  const model = buildDeployedModel(architecture, {
    parameters: floats(weights.parameters),
    statistics: floats(weights.statistics),
  });
  const logitsOf = async (image: Float32Array) => {
    const input = tf.tensor4d(image, [1, height, width, channels]);
    const output = model.predict(input);
    try {
      return await output.data();
    } finally {
      tf.dispose([input, output]);
    }
  };
  await logitsOf(new Float32Array(height * width * channels));
  return {
    async classify(image) {
      const probabilities = softmax(await logitsOf(image));
      const times: number[] = [];
      const startMs = performance.now();
      while (times.length < timedRuns && performance.now() - startMs < timedMs) {
        const runMs = performance.now();
        await logitsOf(image);
        times.push(performance.now() - runMs);
      }
      times.sort((a, b) => a - b);
      return { probabilities, medianMs: times[Math.floor(times.length / 2)], runs: times.length };
    },
  };
}
