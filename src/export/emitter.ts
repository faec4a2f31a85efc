// The contract of how one op is written in a format; a new op is a file and a row in the format's table.ts.
import type { Shape } from "../ops/op.ts";
import type { ArchitectureNode } from "../schemas/architecture.ts";

/** A node with all that its deployed form depends on. */
export interface EmitterInput<Node extends ArchitectureNode = ArchitectureNode> {
  node: Node;
  /** Names of what gives its inputs in the target. */
  inputs: readonly string[];
  /** As the ops have them, without the batch: `[height, width, channels]` or `[channels]`. */
  inputShapes: readonly Shape[];
  /** Trained weights and moving averages by name, in the layout that src/ops gives them. */
  weights: Readonly<Record<string, Float32Array>>;
}

/** Appends the deployed form of a node to `target`; gives the name of what its output comes from. */
export type EmitterInto<Target, Node extends ArchitectureNode> = (target: Target, input: EmitterInput<Node>) => string;
