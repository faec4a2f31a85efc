import type { Activation, NodeOf } from "../../schemas/architecture.ts";
import { foldedNorm, scaledKernel } from "../folded.ts";
import type { Emitter } from "./emitter.ts";
import { type Attribute, text, texts, whole, wholes } from "./graph_def.ts";

/** What follows the convolution in one kernel. */
const fused: Readonly<Record<Activation, readonly string[]>> = {
  none: ["BiasAdd"],
  relu: ["BiasAdd", "Relu"],
  relu6: ["BiasAdd", "Relu6"],
};

function attributes({ activation, stride }: NodeOf<"conv"> | NodeOf<"depthwiseConv">): Record<string, Attribute> {
  return {
    strides: wholes([1, stride, stride, 1]),
    dilations: wholes([1, 1, 1, 1]),
    padding: text("SAME"),
    data_format: text("NHWC"),
    fused_ops: texts(fused[activation]),
    // Inputs beside image and kernel: the bias.
    num_args: whole(1),
  };
}

/** A convolution with its batch norm folded in, bias and activation fused. */
export const conv: Emitter<NodeOf<"conv">> = (graph, { node, inputs, inputShapes: [[, , channels]], weights }) => {
  const { scale, bias } = foldedNorm(weights);
  const shape = [node.kernel, node.kernel, channels, node.filters];
  const kernel = graph.floats("kernel", shape, scaledKernel(weights.kernel, scale));
  return graph.node("_FusedConv2D", [...inputs, kernel, graph.floats("bias", [node.filters], bias)], attributes(node));
};

/** One kernel per channel, its batch norm folded in, bias and activation fused. */
export const depthwiseConv: Emitter<NodeOf<"depthwiseConv">> = (graph, { node, inputs, inputShapes, weights }) => {
  const [, , channels] = inputShapes[0];
  const { scale, bias } = foldedNorm(weights);
  const shape = [node.kernel, node.kernel, channels, 1];
  const kernel = graph.floats("kernel", shape, scaledKernel(weights.kernel, scale));
  const operands = [...inputs, kernel, graph.floats("bias", [channels], bias)];
  return graph.node("FusedDepthwiseConv2dNative", operands, attributes(node));
};
