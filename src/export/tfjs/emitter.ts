// The contract of how one op is written as layers; a new op is a file and a row in table.ts.
import type { Shape } from "../../ops/op.ts";
import type { ArchitectureNode } from "../../schemas/architecture.ts";
import type { LayerList } from "./layer_list.ts";

/** A node with all that its layers depend on. */
export interface EmitterInput<Node extends ArchitectureNode = ArchitectureNode> {
  node: Node;
  /** The layers that give its inputs: `[batch, height, width, channels]`, or `[batch, channels]` after global pooling. */
  inputs: readonly string[];
  /** Without the batch. */
  inputShapes: readonly Shape[];
  /** Trained weights and moving averages by name, in the layout that src/ops gives them. */
  weights: Readonly<Record<string, Float32Array>>;
}

/** Appends the deployed form of a node to `list`; gives the name of the layer whose output is the node's. */
export type Emitter<Node extends ArchitectureNode = ArchitectureNode> = (
  list: LayerList,
  input: EmitterInput<Node>,
) => string;
