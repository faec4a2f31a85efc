import type { NodeOf } from "../../schemas/architecture.ts";
import { foldedNorm, scaledKernel } from "../folded.ts";
import { activationName } from "./activation.ts";
import type { Emitter } from "./emitter.ts";

function settings({ kernel, stride }: NodeOf<"conv"> | NodeOf<"depthwiseConv">) {
  return {
    kernel_size: [kernel, kernel],
    strides: [stride, stride],
    padding: "same",
    data_format: "channels_last",
    dilation_rate: [1, 1],
    use_bias: true,
  };
}

/** A convolution with its batch norm folded in. */
export const conv: Emitter<NodeOf<"conv">> = (list, { node, inputs, inputShapes: [[, , channels]], weights }) => {
  const { scale, bias } = foldedNorm(weights);
  // TF.js runs convolution, bias and relu as one kernel, but with a relu6 as three: by itself that makes two.
  const apart = node.activation === "relu6";
  const activation = apart ? "linear" : activationName(node.activation);
  const config = { filters: node.filters, activation, ...settings(node) };
  const layer = list.layer("Conv2D", inputs, config, apart ? "linear" : undefined);
  list.weight(layer, "kernel", [node.kernel, node.kernel, channels, node.filters], scaledKernel(weights.kernel, scale));
  list.weight(layer, "bias", [node.filters], bias);
  return apart ? list.layer("Activation", [layer], { activation: "relu6" }) : layer;
};

/** One kernel per channel, `[taps, channels, 1]` in src/ops as here, its batch norm folded in. */
export const depthwiseConv: Emitter<NodeOf<"depthwiseConv">> = (list, { node, inputs, inputShapes, weights }) => {
  const [, , channels] = inputShapes[0];
  const { scale, bias } = foldedNorm(weights);
  const activation = activationName(node.activation);
  const layer = list.layer("DepthwiseConv2D", inputs, { depth_multiplier: 1, activation, ...settings(node) });
  const kernel = scaledKernel(weights.kernel, scale);
  list.weight(layer, "depthwise_kernel", [node.kernel, node.kernel, channels, 1], kernel);
  list.weight(layer, "bias", [channels], bias);
  return layer;
};
