// The contract of how one op is written as ONNX nodes; a new op is a file and a row in table.ts.
import type { ArchitectureNode } from "../../schemas/architecture.ts";
import type { Shape } from "../../ops/op.ts";
import type { GraphBuilder } from "./graph_builder.ts";

/** A node with all that its ONNX form depends on. */
export interface EmitterInput<Node extends ArchitectureNode = ArchitectureNode> {
  node: Node;
  /** Names of its inputs in the graph: `[1, channels, height, width]`, or `[1, channels]` after global pooling. */
  inputs: readonly string[];
  /** As the ops have them: `[height, width, channels]` or `[channels]`. */
  inputShapes: readonly Shape[];
  /** Trained weights and moving averages by name, in the layout that src/ops gives them. */
  weights: Readonly<Record<string, Float32Array>>;
}

/** Appends the deployed form of a node to `graph`; gives the name of its output. */
export type Emitter<Node extends ArchitectureNode = ArchitectureNode> = (
  graph: GraphBuilder,
  input: EmitterInput<Node>,
) => string;
