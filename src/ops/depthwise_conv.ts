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

/** One kernel per channel without bias, batch norm, activation. */
export const depthwiseConv: Op<NodeOf<"depthwiseConv">> = {
  outputShape(node, inputs) {
    const [height, width, channels] = imageShape("depthwiseConv", inputs);
    return [...strided(height, width, node.stride), channels];
  },
  parameters(node, inputs) {
    const [, , channels] = imageShape("depthwiseConv", inputs);
    const shape = [node.kernel, node.kernel, channels, 1];
    const deviation = Math.sqrt(2 / (node.kernel * node.kernel));
    return [{ name: "kernel", shape, initial: { deviation } }, ...batchNormParameters(channels)];
  },
  statistics: (_node, inputs) => batchNormStatistics(imageShape("depthwiseConv", inputs)[2]),
  multiplyAdds(node, inputs) {
    const [height, width, channels] = imageShape("depthwiseConv", inputs);
    const [outHeight, outWidth] = strided(height, width, node.stride);
    return outHeight * outWidth * node.kernel * node.kernel * channels;
  },
  train(node, [x], [kernel, ...normalisation]) {
    const linear = tf.depthwiseConv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, node.stride, "same");
    return trainBatchNorm(linear, normalisation, node.activation);
  },
  evaluate(node, [x], [kernel, ...normalisation], statistics) {
    const linear = tf.depthwiseConv2d(x as tf.Tensor4D, kernel as tf.Tensor4D, node.stride, "same");
    return evaluateBatchNorm(linear, normalisation, statistics, node.activation);
  },
  fold(_node, [kernel, ...normalisation], statistics) {
    const { scale, bias } = foldBatchNorm(normalisation, statistics);
    return [tf.mul(kernel, tf.reshape(scale, [-1, 1])), bias];
  },
  deployed: (node, [x], [kernel, bias]) =>
    tf.fused.depthwiseConv2d({
      x: x as tf.Tensor4D,
      filter: kernel as tf.Tensor4D,
      strides: node.stride,
      pad: "same",
      bias,
      activation: fusedActivation(node.activation),
    }),
};
