import * as tf from "@tensorflow/tfjs";
import type { NodeOf } from "../schemas/architecture.ts";
import type { Op } from "./op.ts";
import { imageShape } from "./shapes.ts";

function gated(x: tf.Tensor, weights: readonly tf.Tensor[]): tf.Tensor {
  const [squeezeKernel, squeezeBias, exciteKernel, exciteBias] = weights as tf.Tensor2D[];
  const channels = x.shape[3] ?? 0;
  const squeezed = tf.relu(tf.add(tf.matMul(tf.mean(x, [1, 2]) as tf.Tensor2D, squeezeKernel), squeezeBias));
  const gate = tf.sigmoid(tf.add(tf.matMul(squeezed as tf.Tensor2D, exciteKernel), exciteBias));
  return tf.mul(x, tf.reshape(gate, [-1, 1, 1, channels]));
}

/** Scales each channel by a gate computed from all channel means: two dense layers, relu then sigmoid, with biases. */
export const squeezeExcite: Op<NodeOf<"squeezeExcite">> = {
  outputShape: (_node, inputs) => imageShape("squeezeExcite", inputs),
  parameters(node, inputs) {
    const [, , channels] = imageShape("squeezeExcite", inputs);
    const squeeze = node.squeezeChannels;
    return [
      { name: "squeezeKernel", shape: [channels, squeeze], initial: { deviation: Math.sqrt(2 / channels) } },
      { name: "squeezeBias", shape: [squeeze], initial: { constant: 0 } },
      { name: "exciteKernel", shape: [squeeze, channels], initial: { deviation: Math.sqrt(1 / squeeze) } },
      { name: "exciteBias", shape: [channels], initial: { constant: 0 } },
    ];
  },
  statistics: () => [],
  multiplyAdds: (node, inputs) => 2 * imageShape("squeezeExcite", inputs)[2] * node.squeezeChannels,
  train: (_node, [x], parameters) => ({ output: gated(x, parameters), statistics: [] }),
  evaluate: (_node, [x], parameters) => gated(x, parameters),
  fold: (_node, parameters) => parameters.map((weight) => weight.clone()),
  deployed: (_node, [x], folded) => gated(x, folded),
};
