// Which nodes of two networks are the same layer: the best alignment of both in their order.
import { layoutOf } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { nodeKinds } from "./node_kind.ts";

// What a pair of like nodes is worth. Layers with weights count most; the rest tells equal layers apart: the same
// stage, inputs that are like each other, and a neighbour that is a pair too, so that whole blocks are found and not
// their parts.
const worth = { weights: 8, noWeights: 1, tap: 4, inputs: 2, neighbour: 2 };

interface Described {
  kinds: string[];
  inputKinds: string[];
  taps: (string | undefined)[];
  weighted: boolean[];
}

function describe(architecture: Architecture): Described {
  const layout = layoutOf(architecture);
  const { nodes } = layout;
  const kinds = nodeKinds(layout);
  return {
    kinds,
    inputKinds: nodes.map(({ node }) => node.inputs.map((input) => input < 0 ? "images" : kinds[input]).join()),
    taps: nodes.map(({ node }) => node.tap),
    weighted: nodes.map(({ parameters }) => parameters.length > 0),
  };
}

/**
 * For each node of `child`, the node of `parent` with the same op, settings and shapes that it stands for, or
 * undefined: the pairs that keep both orders and are worth most (Needleman and Wunsch 1970, with a bonus for pairs
 * that follow each other). Nodes tapped under different names are never a pair. Deterministic.
 * RangeError on an architecture whose shapes do not fit.
 */
export function alignNodes(parent: Architecture, child: Architecture): (number | undefined)[] {
  const [a, b] = [describe(parent), describe(child)];
  const [rows, columns] = [a.kinds.length, b.kinds.length];
  const pairWorth = (i: number, j: number): number => {
    if (a.kinds[i] !== b.kinds[j]) return -Infinity;
    const tapped = a.taps[i] !== undefined && b.taps[j] !== undefined;
    if (tapped && a.taps[i] !== b.taps[j]) return -Infinity;
    return (a.weighted[i] ? worth.weights : worth.noWeights) + (tapped ? worth.tap : 0) +
      (a.inputKinds[i] === b.inputKinds[j] ? worth.inputs : 0);
  };
  // Of the first i and j nodes: `best` of all alignments, `paired` of those whose last pair is i - 1 with j - 1.
  const table = (value: number) => Array.from({ length: rows + 1 }, () => new Array<number>(columns + 1).fill(value));
  const best = table(0);
  const paired = table(-Infinity);
  for (let i = 1; i <= rows; i++) {
    for (let j = 1; j <= columns; j++) {
      paired[i][j] = pairWorth(i - 1, j - 1) + Math.max(best[i - 1][j - 1], paired[i - 1][j - 1] + worth.neighbour);
      best[i][j] = Math.max(paired[i][j], best[i - 1][j], best[i][j - 1]);
    }
  }
  const parents = new Array<number | undefined>(columns).fill(undefined);
  let [i, j, inRun] = [rows, columns, false];
  while (i > 0 && j > 0) {
    if (inRun || best[i][j] === paired[i][j]) {
      inRun = paired[i - 1][j - 1] + worth.neighbour >= best[i - 1][j - 1];
      parents[--j] = --i;
    } else if (best[i][j] === best[i][j - 1]) j--;
    else i--;
  }
  return parents;
}
