// Heads of one layer on the pooled features.
import * as tf from "@tensorflow/tfjs";
import { hashSeed, Random } from "../data/random.ts";
import { product } from "../distillation/features/product.ts";
import type { NetworkTaps } from "../distillation/taps.ts";
import { unitRows } from "../distillation/unit_rows.ts";
import type { Head } from "./task.ts";

/** The embedding's tap and a seeded kernel `[channels, width]`, `deviation` times one that keeps the size of values. */
function seededKernel(
  { embedding }: NetworkTaps,
  { width, seed, deviation = 1 }: { width: number; seed: number; deviation?: number },
): { tap: string; kernel: tf.Variable } {
  if (!embedding) throw new RangeError("the task's head reads the embedding, which the network does not have");
  const { channels, name } = embedding;
  const random = new Random(hashSeed(seed, "kernel"));
  const scale = deviation / Math.sqrt(channels);
  const values = Float32Array.from({ length: channels * width }, () => scale * random.normal());
  return { tap: name, kernel: tf.tidy(() => tf.variable(tf.tensor2d(values, [channels, width]))) };
}

/** `values` `[N, width]`: a linear layer with bias, at first `deviation` of the usual size. RangeError without embedding. */
export function linearHead(taps: NetworkTaps, options: { width: number; seed: number; deviation?: number }): Head {
  const { kernel, tap } = seededKernel(taps, options);
  const bias = tf.tidy(() => tf.variable(tf.zeros([options.width])));
  return {
    features: [tap],
    variables: [kernel, bias],
    outputs: (features) => ({ values: tf.add(product(features[tap], kernel as tf.Tensor), bias) }),
    dispose: () => tf.dispose([kernel, bias]),
  };
}

/**
 * `logits` `[N, width]`, `scale` times the cosines of the embedding with a vector of each class (NormFace, 1704.06369), and
 * the `embedding` `[N, channels]` as it is: classes are told by direction alone, as images are when they are compared.
 * RangeError without embedding.
 */
export function cosineHead(taps: NetworkTaps, options: { width: number; seed: number; scale: number }): Head {
  const { kernel, tap } = seededKernel(taps, options);
  return {
    features: [tap],
    variables: [kernel],
    outputs(features) {
      const vectors = features[tap];
      const unitColumns = tf.div(kernel, tf.sqrt(tf.add(tf.sum(tf.square(kernel), 0, true), 1e-12)));
      return { logits: tf.mul(product(unitRows(vectors), unitColumns), options.scale), embedding: vectors };
    },
    dispose: () => tf.dispose(kernel),
  };
}
