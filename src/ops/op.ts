// The contract of an op: all that the project knows about one kind of node. A new op is one file, one schema variant and
// one row in table.ts.
import type * as tf from "@tensorflow/tfjs";
import type { ArchitectureNode } from "../schemas/architecture.ts";

/** A tensor's shape without the batch: `[height, width, channels]`, or `[channels]` after global pooling. */
export type Shape = readonly number[];

/** A weight: its name within the node, its shape, and its distribution before training. */
export interface WeightSpec {
  name: string;
  shape: number[];
  /** `deviation`: of a zero-mean normal distribution. */
  initial: { constant: number } | { deviation: number };
}

/** What a node gives in training mode. */
export interface TrainingOutput {
  output: tf.Tensor;
  /** Batch statistics, in the order of `statistics`. */
  statistics: tf.Tensor[];
}

export interface Op<Node extends ArchitectureNode = ArchitectureNode> {
  /** Throws a RangeError where the inputs do not suit the node. */
  outputShape(node: Node, inputs: readonly Shape[]): Shape;
  /** Trainable weights, in the order in which they are stored. */
  parameters(node: Node, inputs: readonly Shape[]): WeightSpec[];
  /** Moving averages that evaluation uses: batch norm's mean and variance. */
  statistics(node: Node, inputs: readonly Shape[]): WeightSpec[];
  /** Of one image. Batch norm, activations, additions and pooling count as none, as is usual. */
  multiplyAdds(node: Node, inputs: readonly Shape[]): number;
  /** Differentiable; batch norm uses the batch. The caller tidies. */
  train(node: Node, inputs: readonly tf.Tensor[], parameters: readonly tf.Tensor[]): TrainingOutput;
  /** Evaluation as trained: batch norm uses its moving averages. The caller tidies. */
  evaluate(
    node: Node,
    inputs: readonly tf.Tensor[],
    parameters: readonly tf.Tensor[],
    statistics: readonly tf.Tensor[],
  ): tf.Tensor;
  /** Weights of the deployed form: batch norm folded into the kernel and a bias. The caller disposes the result. */
  fold(node: Node, parameters: readonly tf.Tensor[], statistics: readonly tf.Tensor[]): tf.Tensor[];
  /** The deployed form: fused convolution, bias and activation. The caller tidies. */
  deployed(node: Node, inputs: readonly tf.Tensor[], folded: readonly tf.Tensor[]): tf.Tensor;
}
