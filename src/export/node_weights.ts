// The weights of a network node by node, as every format writes them.
import type { Weights } from "../models/weights.ts";
import type { Layout, NodeLayout } from "../ops/layout.ts";

/** Weights of one node by name, in the layout that src/ops gives them; views of `weights`. */
export function weightsOf(node: NodeLayout, weights: Weights): Record<string, Float32Array> {
  const named = (kind: "parameters" | "statistics") =>
    node[kind].map(({ name, offset, size }) => [name, weights[kind].subarray(offset, offset + size)] as const);
  return Object.fromEntries([...named("parameters"), ...named("statistics")]);
}

/** RangeError where the weights are those of another network. */
export function requireFitting(layout: Layout, { parameters, statistics }: Weights): void {
  const { parameterCount, statisticCount } = layout;
  if (parameters.length === parameterCount && statistics.length === statisticCount) return;
  throw new RangeError(
    `the architecture has ${parameterCount} parameters and ${statisticCount} statistics, ` +
      `got ${parameters.length} and ${statistics.length}`,
  );
}
