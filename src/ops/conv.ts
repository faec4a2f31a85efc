import * as tf from "@tensorflow/tfjs";
import type { NodeOf } from "../schemas/architecture.ts";
import {
  batchNormParameters,
  batchNormStatistics,
  evaluateBatchNorm,
  foldBatchNorm,
  fusedActivation,
  trainBatchNorm,
} from "./normalised.ts";
import type { Op } from "./op.ts";
import { imageShape, strided } from "./shapes.ts";

/** Convolution without bias, batch norm, activation. */
export const conv: Op<NodeOf<"conv">> = {
  outputShape(node, inputs) {
    const [height, width] = imageShape("conv", inputs);
    return [...strided(height, width, node.stride), node.filters];
  },
  parameters(node, inputs) {
    const [, , channels] = imageShape("conv", inputs);
    const shape = [node.kernel, node.kernel, channels, node.filters];
    // He initialisation by fan-out, as in the MnasNet reference code.
    const deviation = Math.sqrt(2 / (node.kernel * node.kernel * node.filters));
    return [{ name: "kernel", shape, initial: { deviation } }, ...batchNormParameters(node.filters)];
  },
  statistics: (node) => batchNormStatistics(node.filters),
  multiplyAdds(node, inputs) {
    const [height, width, channels] = imageShape("conv", inputs);
    const [outHeight, outWidth] = strided(height, width, node.stride);
    return outHeight * outWidth * node.kernel * node.kernel * channels * node.filters;
  },
  train(node, [x], [kernel, ...normalisation]) {
    const linear = tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, node.stride, "same");
    return trainBatchNorm(linear, normalisation, node.activation);
  },
  evaluate(node, [x], [kernel, ...normalisation], statistics) {
    const linear = tf.conv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, node.stride, "same");
    return evaluateBatchNorm(linear, normalisation, statistics, node.activation);
  },
  fold(_node, [kernel, ...normalisation], statistics) {
    const { scale, bias } = foldBatchNorm(normalisation, statistics);
    return [tf.mul(kernel, scale), bias];
  },
  deployed: (node, [x], [kernel, bias]) =>
    tf.fused.conv2d({
      x: x as tf.Tensor4D,
      filter: kernel as tf.Tensor4D,
      strides: node.stride,
      pad: "same",
      bias,
      activation: fusedActivation(node.activation),
    }),
};
