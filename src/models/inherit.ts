// A student that starts from the weights of another network instead of from chance.
import { layoutOf, type NodeLayout } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { alignNodes } from "./alignment.ts";
import { embedNodes } from "./embedding.ts";
import { initialiseWeights, type Weights } from "./weights.ts";

export interface InheritedWeights {
  weights: Weights;
  /** Share of the parameters that were copied, from 0 to 1. */
  inherited: number;
}

/** For each node of `child`, the node of `parent` whose weights it takes: all of the parent where the child contains it. */
export function inheritedNodes(parent: Architecture, child: Architecture): (number | undefined)[] {
  return embedNodes(parent, child) ?? alignNodes(parent, child);
}

/**
 * New nodes that end a branch which is added to inherited features. A node carries inherited features where it is
 * copied itself, or has no weights and its last input, of an addition the shortcut, does.
 */
function endsOfNewBranches(nodes: readonly NodeLayout[], parents: readonly (number | undefined)[]): Set<number> {
  const carries: boolean[] = [];
  const ends = new Set<number>();
  for (const [index, { node, parameters }] of nodes.entries()) {
    const last = node.inputs[node.inputs.length - 1];
    const shortcutCarries = last < 0 || carries[last];
    carries.push(parents[index] !== undefined || (parameters.length === 0 && shortcutCarries));
    if (node.op !== "add" || !shortcutCarries) continue;
    const branch = node.inputs[0];
    const end = nodes[branch]?.node;
    const linear = end?.op === "conv" || end?.op === "depthwiseConv" ? end.activation === "none" : false;
    if (linear && parents[branch] === undefined) ends.add(branch);
  }
  return ends;
}

/**
 * Weights of `child` to start a training from: layers that {@linkcode inheritedNodes} finds in the parent are copied
 * with their moving averages, all others are those of `seed`, except that new residual branches start at nothing: the
 * gain of their last batch norm is 0 (Goyal et al. 2017, 1706.02677, section 5.1). So a network grown by such branches
 * gives what its parent gives, and the branches still learn, their gains first. Deterministic; the parent is left as
 * it is.
 * RangeError on an architecture whose shapes do not fit, or weights that are not the parent's.
 */
export function inheritWeights(
  parent: { architecture: Architecture; weights: Weights },
  child: Architecture,
  seed: number,
): InheritedWeights {
  const from = layoutOf(parent.architecture);
  const { parameters, statistics } = parent.weights;
  if (parameters.length !== from.parameterCount || statistics.length !== from.statisticCount) {
    throw new RangeError(
      `the parent has ${from.parameterCount} parameters and ${from.statisticCount} statistics, ` +
        `got ${parameters.length} and ${statistics.length}`,
    );
  }
  const { nodes, parameterCount } = layoutOf(child);
  const weights = initialiseWeights(child, seed);
  const parents = inheritedNodes(parent.architecture, child);
  let copied = 0;
  for (const [index, parentIndex] of parents.entries()) {
    if (parentIndex === undefined) continue;
    for (const kind of ["parameters", "statistics"] as const) {
      for (const [place, { offset, size }] of nodes[index][kind].entries()) {
        const { offset: start } = from.nodes[parentIndex][kind][place];
        weights[kind].set(parent.weights[kind].subarray(start, start + size), offset);
        if (kind === "parameters") copied += size;
      }
    }
  }
  for (const index of endsOfNewBranches(nodes, parents)) {
    for (const { name, offset, size } of nodes[index].parameters) {
      if (name === "gamma") weights.parameters.fill(0, offset, offset + size);
    }
  }
  return { weights, inherited: copied / parameterCount };
}
