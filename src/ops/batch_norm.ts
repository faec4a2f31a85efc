import * as tf from "@tensorflow/tfjs";
import type { Activation } from "../schemas/architecture.ts";

/** Name of the fused kernel; a backend that has it computes {@linkcode batchNormActivation} with it. */
export const batchNormActivationKernel = "NacreBatchNormActivation";

export interface BatchNormOptions {
  /** Added to the variance. */
  epsilon: number;
  activation: Activation;
}

function composed(x: tf.Tensor, gamma: tf.Tensor1D, beta: tf.Tensor1D, { epsilon, activation }: BatchNormOptions) {
  const axes = x.shape.slice(0, -1).map((_, axis) => axis);
  const { mean, variance } = tf.moments(x, axes);
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  const normalised = tf.add(tf.mul(tf.sub(x, mean), scale), beta);
  const activate = { none: (value: tf.Tensor) => value, relu: tf.relu, relu6: tf.relu6 } satisfies Record<
    Activation,
    (value: tf.Tensor) => tf.Tensor
  >;
  return { y: activate[activation](normalised), mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}

/**
 * Batch norm in training mode, then the activation: `x` `[..., channels]`, `gamma` and `beta` `[channels]`.
 * Gives `y` in the shape of `x`, and the `mean` and biased `variance` `[channels]` over all axes but the last. All three
 * are differentiable in `x`, `gamma` and `beta`. The caller disposes them.
 * Throws a RangeError where `gamma` or `beta` does not fit the channels.
 * Source: Ioffe & Szegedy 2015, 1502.03167.
 */
export function batchNormActivation(
  x: tf.Tensor,
  gamma: tf.Tensor1D,
  beta: tf.Tensor1D,
  options: BatchNormOptions,
): { y: tf.Tensor; mean: tf.Tensor1D; variance: tf.Tensor1D } {
  const channels = x.shape[x.shape.length - 1];
  if (gamma.size !== channels || beta.size !== channels) {
    throw new RangeError(
      `batch norm of ${channels} channels needs as many gammas and betas, got ${gamma.size} and ${beta.size}`,
    );
  }
  if (!tf.getKernel(batchNormActivationKernel, tf.getBackend())) return composed(x, gamma, beta, options);
  const outputs = tf.engine().runKernel(batchNormActivationKernel, { x, gamma, beta }, { ...options });
  const [y, mean, variance] = outputs as tf.Tensor[];
  return { y, mean: mean as tf.Tensor1D, variance: variance as tf.Tensor1D };
}
