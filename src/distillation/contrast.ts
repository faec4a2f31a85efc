// Contrastive losses of 1910.10699: embeddings of one image by two networks against embeddings of other images.
import * as tf from "@tensorflow/tfjs";
import { product, transposed } from "./features/product.ts";

/** Scores of one direction: products of unit embeddings with bank rows, by the temperature. */
export interface Scores {
  /** `[N]` */
  positive: tf.Tensor;
  /** `[drawn, N]` */
  negative: tf.Tensor;
}

/** log(1 + exp x): twice as fast as tfjs's own, and as right where temperatures keep exp x finite. */
function softplus(x: tf.Tensor): tf.Tensor {
  return tf.log1p(tf.exp(x));
}

/**
 * Mean over the batch of -log h+ - sum over K negatives of log(1 - h-), h = P / (P + K / n), P = exp(score) / Z; `n`
 * images are in the bank, `negatives` is K, to which each column of `weights` sums up.
 */
export function noiseContrastiveLoss(
  { positive, negative }: Scores,
  { logZ, n, negatives, weights }: { logZ: tf.Scalar; n: number; negatives: number; weights: tf.Tensor },
): tf.Scalar {
  const offset = tf.sub(Math.log(n / negatives), logZ);
  const own = tf.sum(softplus(tf.neg(tf.add(positive, offset))));
  const others = tf.sum(tf.mul(weights, softplus(tf.add(negative, offset))));
  return tf.div(tf.add(own, others), positive.size);
}

/** log of n times the mean of exp(score) over all scores with a weight: what Z is fixed to by the first batch. */
export function logNormaliser(
  { positive, negative }: Scores,
  { n, weights }: { n: number; weights: tf.Tensor },
): tf.Scalar {
  const used = tf.cast(tf.greater(weights, 0), "float32");
  const hidden = tf.mul(tf.sub(used, 1), 1e30);
  const all = tf.concat([positive, tf.reshape(tf.add(negative, hidden), [negative.size])]);
  const count = tf.add(tf.sum(used), positive.size);
  return tf.sub(tf.add(tf.logSumExp(all), Math.log(n)), tf.log(count));
}

/** Constant `rows` `[K, D]` times `x` `[N, D]`, transposed: `[K, N]`. `rows` must outlive the backward pass. */
export function scoresWith(rows: tf.Tensor2D, x: tf.Tensor2D): tf.Tensor2D {
  const multiply = tf.customGrad((...operands) => {
    const [right] = operands as tf.Tensor2D[];
    return {
      value: tf.matMul(rows, transposed(right)),
      gradFunc: (gradient: tf.Tensor) => [tf.matMul(transposed(gradient as tf.Tensor2D), rows)],
    };
  });
  return multiply(x) as tf.Tensor2D;
}

/**
 * Mean of both directions of -mean_i log softmax_j(s_i . t_j / temperature)_i of unit rows `[N, D]`. `hidden` `[N, N]`: 1
 * where an image of the same class is not to be counted as another.
 */
export function inBatchLoss(
  student: tf.Tensor2D,
  teacher: tf.Tensor2D,
  { hidden, temperature }: { hidden: tf.Tensor2D; temperature: number },
): tf.Scalar {
  const count = student.shape[0];
  const scores = tf.sub(
    tf.div(product(student, transposed(teacher)), temperature),
    tf.mul(hidden, 1e30),
  ) as tf.Tensor2D;
  const own = tf.eye(count);
  const both = tf.add(tf.logSoftmax(scores), tf.logSoftmax(transposed(scores)));
  return tf.div(tf.sum(tf.mul(both, own)), -2 * count);
}

export interface NegativesOptions {
  /** Of the batch, and of the images that are drawn for it. */
  positions: Uint32Array;
  drawn: Uint32Array;
  /** A class per position. */
  classes: ArrayLike<number>;
  /** K */
  negatives: number;
}

/**
 * Weights `[drawn, N]` of a shared draw: 0 for images of an anchor's own class, the others' sum up to K. Drawing once per
 * batch and not per image makes one product of a hundred; the expectation is the same.
 */
export function negativeWeights({ positions, drawn, classes, negatives }: NegativesOptions): tf.Tensor2D {
  const count = positions.length;
  const weights = new Float32Array(drawn.length * count);
  const drawnClasses = Float64Array.from(drawn, (place) => classes[place]);
  // Plain loops: this runs once per step over tens of thousands of pairs.
  for (let column = 0; column < count; column++) {
    const own = classes[positions[column]];
    let others = 0;
    for (let row = 0; row < drawn.length; row++) if (drawnClasses[row] !== own) others++;
    const weight = negatives / Math.max(others, 1);
    for (let row = 0; row < drawn.length; row++) if (drawnClasses[row] !== own) weights[row * count + column] = weight;
  }
  return tf.tensor2d(weights, [drawn.length, count]);
}
