// What an op of the reference gets and gives. Each is written from its definition, without regard to speed.
import type { ArchitectureNode } from "../../../../src/schemas/architecture.ts";
import type { Tensor } from "./tensor.ts";

/** What a node is run with, besides its inputs. */
export interface NodeRun {
  /** In the order of src/ops. */
  parameters: Float64Array[];
  /** Batch norm's moving mean and variance. */
  statistics: Float64Array[];
  /** Whether batch norm uses the batch, and dropout drops. */
  training: boolean;
  /** Whether dropout keeps an element, or stochastic depth the branch of an image. */
  kept(index: number): boolean;
  /** Is told how far a decision is from going the other way: what float32 may decide otherwise if it is small. */
  margin(distance: number): void;
}

/** A node's forward pass, and the way back. */
export interface NodeResult {
  output: Tensor;
  /** The output before its activation. */
  before: Tensor;
  /** Mean and variance of the batch; empty where there is no batch norm. */
  batchStatistics: Float64Array[];
  /** Gradients of the inputs and parameters, for those of the output and of the output before its activation. */
  backward(output: Tensor, before: Tensor): { inputs: Tensor[]; parameters: Float64Array[] };
}

/** An op of the reference. */
export type ReferenceOp<Node extends ArchitectureNode> = (node: Node, inputs: Tensor[], run: NodeRun) => NodeResult;
