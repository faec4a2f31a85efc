import * as tf from "@tensorflow/tfjs";
import type { NodeOf } from "../schemas/architecture.ts";
import type { Op, Shape } from "./op.ts";

function width(inputs: readonly Shape[]): number {
  if (inputs.length !== 1 || inputs[0].length !== 1) {
    throw new RangeError(`dense takes one input [channels], got ${JSON.stringify(inputs)}`);
  }
  return inputs[0][0];
}

function linear(x: tf.Tensor, [kernel, bias]: readonly tf.Tensor[]): tf.Tensor {
  return tf.add(tf.matMul(x as tf.Tensor2D, kernel as tf.Tensor2D), bias);
}

/** A linear layer with bias. */
export const dense: Op<NodeOf<"dense">> = {
  outputShape(node, inputs) {
    width(inputs);
    return [node.units];
  },
  parameters(node, inputs) {
    const channels = width(inputs);
    return [
      { name: "kernel", shape: [channels, node.units], initial: { deviation: Math.sqrt(1 / channels) } },
      { name: "bias", shape: [node.units], initial: { constant: 0 } },
    ];
  },
  statistics: () => [],
  multiplyAdds: (node, inputs) => width(inputs) * node.units,
  train: (_node, [x], parameters) => ({ output: linear(x, parameters), statistics: [] }),
  evaluate: (_node, [x], parameters) => linear(x, parameters),
  fold: (_node, parameters) => parameters.map((weight) => weight.clone()),
  deployed: (_node, [x], [kernel, bias]) =>
    tf.fused.matMul({ a: x as tf.Tensor2D, b: kernel as tf.Tensor2D, bias, activation: "linear" }),
};
