// Where a whole network lies within one that was grown from it by residual branches.
import { layoutOf } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { nodeKinds } from "./node_kind.ts";

// Each step tries one node of the child. Grown networks take some hundreds; of others it is soon given up.
const mostSteps = 50_000;

/**
 * For each node of `child`, the node of `parent` that it is, or undefined where it was added; undefined in all where
 * the child does not contain the parent. Order is kept, and a node reads what its parent reads: the same node, or a
 * sum of it with an added branch. So where added branches give nothing, the child gives what the parent gives.
 * RangeError on an architecture whose shapes do not fit.
 */
export function embedNodes(parent: Architecture, child: Architecture): (number | undefined)[] | undefined {
  const [parentKinds, childKinds] = [parent, child].map((network) => nodeKinds(layoutOf(network)));
  const [rows, columns] = [parentKinds.length, childKinds.length];
  const found = new Array<number | undefined>(columns).fill(undefined);
  // Of each node of the child, whose value it has: a node of the parent's, -1 for the images, undefined for no known
  // one.
  const valueOf = new Array<number | undefined>(columns).fill(undefined);
  const value = (node: number) => node < 0 ? -1 : valueOf[node];
  let stepsLeft = mostSteps;

  const isSame = (i: number, j: number) =>
    parentKinds[i] === childKinds[j] &&
    parent.nodes[i].inputs.every((input, place) => value(child.nodes[j].inputs[place]) === input);

  /** Whether nodes from `j` on can hold those of the parent from `i` on; leaves the pairs in `found`. */
  const search = (i: number, j: number): boolean => {
    if (i === rows) return j === columns;
    if (columns - j < rows - i || stepsLeft-- <= 0) return false;
    if (isSame(i, j)) {
      [found[j], valueOf[j]] = [i, i];
      if (search(i + 1, j + 1)) return true;
    }
    const { inputs, op } = child.nodes[j];
    const addsNewBranch = op === "add" && inputs[0] >= 0 && found[inputs[0]] === undefined &&
      valueOf[inputs[0]] === undefined;
    [found[j], valueOf[j]] = [undefined, addsNewBranch ? value(inputs[1]) : undefined];
    return search(i, j + 1);
  };
  return search(0, 0) ? found : undefined;
}
