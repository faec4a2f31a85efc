import * as tf from "@tensorflow/tfjs";

/** Each row of `x` `[N, D]` by its length; a row of zeros stays one, with a finite gradient. */
export function unitRows(x: tf.Tensor): tf.Tensor2D {
  return tf.div(x, tf.sqrt(tf.add(tf.sum(tf.square(x), -1, true), 1e-12)));
}
