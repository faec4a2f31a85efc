import * as tf from "@tensorflow/tfjs";
import type { Activation } from "../schemas/architecture.ts";
export function batchNormActivation(
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: { epsilon: number; activation: Activation },
): { y: tf.Tensor; mean: tf.Tensor1D; variance: tf.Tensor1D } {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  const n = tf.batchNorm(x as tf.Tensor4D, mean as tf.Tensor1D, variance as tf.Tensor1D, beta, gamma, options.epsilon);
  const y = options.activation === "none" ? n : options.activation === "relu" ? tf.relu(n) : tf.relu6(n);
  return { y, mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}
