// What convolutions share: batch norm with its weights, its evaluation form, and its folding.
import * as tf from "@tensorflow/tfjs";
import type { Activation } from "../schemas/architecture.ts";
import type { TrainingOutput, WeightSpec } from "./op.ts";

/** Epsilon of every batch norm (MnasNet, 1807.11626, reference code). */
export const batchNormEpsilon = 1e-3;

/** Weights of a batch norm over `channels`. */
export function batchNormParameters(channels: number): WeightSpec[] {
  return [
    { name: "gamma", shape: [channels], initial: { constant: 1 } },
    { name: "beta", shape: [channels], initial: { constant: 0 } },
  ];
}

/** Moving averages of a batch norm over `channels`. */
export function batchNormStatistics(channels: number): WeightSpec[] {
  return [
    { name: "movingMean", shape: [channels], initial: { constant: 0 } },
    { name: "movingVariance", shape: [channels], initial: { constant: 1 } },
  ];
}

/** `x` after `activation`. */
export function activate(x: tf.Tensor, activation: Activation): tf.Tensor {
  switch (activation) {
    case "none":
      return x;
    case "relu":
      return tf.relu(x);
    case "relu6":
      return tf.relu6(x);
    default:
      return activation satisfies never;
  }
}

/** Batch norm by the batch (1502.03167), then the activation, differentiable; `gamma` and `beta` are `[channels]`. */
export function trainBatchNorm(
  x: tf.Tensor,
  [gamma, beta]: readonly tf.Tensor[],
  activation: Activation,
): TrainingOutput {
  const { mean, variance } = tf.moments(x, x.shape.slice(0, -1).map((_, axis) => axis));
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, batchNormEpsilon)));
  return { output: activate(tf.add(tf.mul(tf.sub(x, mean), scale), beta), activation), statistics: [mean, variance] };
}

/** Batch norm by moving averages, then the activation; the operands are `[channels]`. */
export function evaluateBatchNorm(
  x: tf.Tensor,
  [gamma, beta]: readonly tf.Tensor[],
  [mean, variance]: readonly tf.Tensor[],
  activation: Activation,
): tf.Tensor {
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, batchNormEpsilon)));
  return activate(tf.add(tf.mul(tf.sub(x, mean), scale), beta), activation);
}

/** Scale and bias `[channels]` that a batch norm by moving averages comes down to. The caller tidies. */
export function foldBatchNorm(
  [gamma, beta]: readonly tf.Tensor[],
  [mean, variance]: readonly tf.Tensor[],
): { scale: tf.Tensor; bias: tf.Tensor } {
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, batchNormEpsilon)));
  return { scale, bias: tf.sub(beta, tf.mul(mean, scale)) };
}

/** The name that tfjs's fused ops use for `activation`. */
export function fusedActivation(activation: Activation): "linear" | "relu" | "relu6" {
  return activation === "none" ? "linear" : activation;
}
