import * as tf from "@tensorflow/tfjs";

/** -sum over classes of target * log softmax(logits), mean over the batch; both `[N, C]`. */
export function crossEntropy(target: tf.Tensor2D, logits: tf.Tensor2D): tf.Scalar {
  return tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(logits)), 1)));
}
