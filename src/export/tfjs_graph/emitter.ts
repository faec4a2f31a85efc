// The contract of how one op is written as nodes of a graph; a new op is a file and a row in table.ts.
import type { Shape } from "../../ops/op.ts";
import type { ArchitectureNode } from "../../schemas/architecture.ts";
import type { GraphBuilder } from "./graph_def.ts";

/** A node with all that its graph depends on. */
export interface EmitterInput<Node extends ArchitectureNode = ArchitectureNode> {
  node: Node;
  /** The nodes that give its inputs: `[batch, height, width, channels]`, or `[batch, channels]` after global pooling. */
  inputs: readonly string[];
  /** Without the batch. */
  inputShapes: readonly Shape[];
  /** Trained weights and moving averages by name, in the layout that src/ops gives them. */
  weights: Readonly<Record<string, Float32Array>>;
}

/** Appends the deployed form of a node, kernel by kernel as src/ops runs it; gives the name of the node's value. */
export type Emitter<Node extends ArchitectureNode = ArchitectureNode> = (
  graph: GraphBuilder,
  input: EmitterInput<Node>,
) => string;
