// Runs an Architecture's nodes in order, whatever is done at each node.
import * as tf from "@tensorflow/tfjs";
import type { Layout, NodeLayout, PlacedWeight } from "../ops/layout.ts";

/** Outputs of all nodes, in order; `compute` makes one from its inputs. */
export function runNodes(
  layout: Layout,
  images: tf.Tensor,
  compute: (node: NodeLayout, inputs: tf.Tensor[], index: number) => tf.Tensor,
): tf.Tensor[] {
  const outputs: tf.Tensor[] = [];
  for (const [index, node] of layout.nodes.entries()) {
    const inputs = node.node.inputs.map((input) => (input < 0 ? images : outputs[input]));
    outputs.push(compute(node, inputs, index));
  }
  return outputs;
}

/** The last node's output: the logits `[batch, classes]`. */
export function logitsOf(outputs: readonly tf.Tensor[]): tf.Tensor2D {
  return outputs[outputs.length - 1] as tf.Tensor2D;
}

/** The tensors of `weights` out of the flat vector, in order; the caller disposes them. */
export function splitWeights(flat: tf.Tensor1D, weights: readonly PlacedWeight[]): tf.Tensor[] {
  if (weights.length === 0) return [];
  return tf.tidy(() =>
    tf.split(flat, weights.map(({ size }) => size)).map((part, index) => tf.reshape(part, weights[index].shape))
  );
}

/** Weights of all nodes in the order of the flat vectors. */
export function allWeights(layout: Layout, kind: "parameters" | "statistics"): PlacedWeight[] {
  return layout.nodes.flatMap((node) => node[kind]);
}

/** Hands each node its share of `tensors`, which are in the order of {@linkcode allWeights}. */
export function byNode<T>(layout: Layout, kind: "parameters" | "statistics", tensors: readonly T[]): T[][] {
  let next = 0;
  return layout.nodes.map((node) => tensors.slice(next, next += node[kind].length));
}
