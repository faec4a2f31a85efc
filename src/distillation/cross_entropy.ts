import * as tf from "@tensorflow/tfjs";

/** -sum over classes of target * log softmax(logits), mean over all else; both `[..., C]`. */
export function crossEntropy(target: tf.Tensor, logits: tf.Tensor): tf.Scalar {
  return tf.neg(tf.mean(tf.sum(tf.mul(target, tf.logSoftmax(logits)), -1)));
}
