// A network as a person would describe it: its nodes gathered into layers, equal neighbours into one line. Reads the nodes
// alone, so it works for the networks of any space.
import { layoutOf, type NodeLayout } from "../../../src/ops/layout.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";

/** Families of layers, each drawn in its own way. */
export type LayerKind = "conv" | "separable" | "bottleneck" | "pool" | "branches" | "classifier";

/** How a layer's input gets past it. */
export type SkipKind = "identity" | "projected" | "pooled" | "none";

/** One line of the description. */
export interface Layer {
  kind: LayerKind;
  /** In words, for instance "MBConv6 5×5". */
  label: string;
  squeezeExcite: boolean;
  skip: SkipKind;
  /** How often it stands in a row. */
  repeats: number;
  /** What comes out: height and width (absent behind the global pool) and channels. */
  height?: number;
  width?: number;
  channels: number;
}

/** The layers of `architecture`, from images to logits. Throws a RangeError where its nodes do not fit. */
export function layersOf(architecture: Architecture): Layer[] {
  const { nodes } = layoutOf(architecture);
  const lines: Line[] = [];
  for (const piece of mergedPieces(nodes)) {
    const line = describe(piece, nodes);
    const last = lines.at(-1);
    if (last && !last.ends && repeats(last, line)) {
      // A first layer that strides cannot have the shortcut that those behind it have.
      lines[lines.length - 1] = { ...last, skip: line.skip, repeats: last.repeats + 1, ends: line.ends };
    } else lines.push(line);
  }
  return lines.map(({ ends: _ends, strides: _strides, ...layer }) => layer);
}

type Line = Layer & {
  /** Its output is tapped as a feature: a stage ends here, and so does a row of repeats. */
  ends: boolean;
  strides: boolean;
};

function repeats(before: Line, line: Line): boolean {
  const sameSkip = before.skip === line.skip || (before.repeats === 1 && before.skip === "none");
  return before.kind === line.kind && before.label === line.label && before.squeezeExcite === line.squeezeExcite &&
    before.channels === line.channels && !line.strides && sameSkip && line.kind !== "classifier";
}

/** Consecutive nodes, by index. */
type Piece = readonly number[];

/** Splits the nodes where everything passes through one of them. */
function pieces(nodes: readonly NodeLayout[]): Piece[] {
  // Node i is a gate when nothing behind it reads anything before it.
  const earliest = nodes.map(({ node }) => Math.min(...node.inputs));
  const behind: number[] = [];
  let lowest = Infinity;
  for (let i = nodes.length - 1; i >= 0; i--) {
    behind[i] = lowest;
    lowest = Math.min(lowest, earliest[i]);
  }
  const split: number[][] = [[]];
  for (const i of nodes.keys()) {
    split[split.length - 1].push(i);
    if (behind[i] >= i && i < nodes.length - 1) split.push([]);
  }
  return split;
}

/** Pieces of a chain that make one layer together, as depthwise and pointwise convolution do, joined. */
function mergedPieces(nodes: readonly NodeLayout[]): Piece[] {
  const merged: Piece[] = [];
  const single = (piece: Piece | undefined) => piece?.length === 1 ? nodes[piece[0]].node : undefined;
  const all = pieces(nodes);
  for (let i = 0; i < all.length;) {
    let end = i + 1;
    const first = single(all[i]);
    if (first && !first.tap) {
      const expands = first.op === "conv" && first.kernel === 1 && single(all[i + 1])?.op === "depthwiseConv";
      if (expands) end++;
      const extend = (fits: (node: NodeLayout["node"]) => boolean) => {
        const [last, next] = [single(all[end - 1]), single(all[end])];
        if (last && !last.tap && next && fits(next)) end++;
      };
      extend(({ op }) => op === "squeezeExcite");
      if (expands || first.op === "depthwiseConv") {
        extend((node) => node.op === "conv" && node.kernel === 1);
        extend(({ op }) => op === "squeezeExcite");
      }
    }
    merged.push(all.slice(i, end).flat());
    i = end;
  }
  return merged;
}

/** What does not name a layer. */
const ASIDE: ReadonlySet<string> = new Set(["add", "squeezeExcite", "dropout", "subsample"]);

function describe(piece: Piece, nodes: readonly NodeLayout[]): Line {
  const inside = piece.map((index) => nodes[index]);
  const { outputShape, node: lastNode } = inside[inside.length - 1];
  const shortcut = shortcutOf(inside, piece[0]);
  const body = inside.map((one, i) => ({ ...one, index: piece[0] + i })).filter((one, i) =>
    !ASIDE.has(one.node.op) && !shortcut?.includes(inside[i])
  );
  const [height, width] = outputShape.length === 3 ? outputShape : [];
  return {
    ...nameOf(body),
    squeezeExcite: inside.some(({ node }) => node.op === "squeezeExcite"),
    skip: skipOf(shortcut, inside, piece[0]),
    repeats: 1,
    ...(height !== undefined && { height, width }),
    channels: outputShape[outputShape.length - 1],
    ends: lastNode.tap !== undefined,
    strides: inside.some(({ node }) => "stride" in node && node.stride === 2),
  };
}

/**
 * What stands on the way of the shortcut that the last of `inside` adds: nothing for the input itself; null where it adds
 * none, or adds a branch with layers of its own. `start` is the index of the first of `inside`.
 */
function shortcutOf(inside: readonly NodeLayout[], start: number): NodeLayout[] | null {
  const sum = inside[inside.length - 1].node;
  if (sum.op !== "add" || sum.inputs.length < 2) return null;
  const way: NodeLayout[] = [];
  for (let i = sum.inputs[1] - start; i >= 0; i = inside[i].node.inputs[0] - start) way.push(inside[i]);
  return way.every(({ node }) => PROJECTIONS.has(node.op) || (node.op === "conv" && node.kernel === 1)) ? way : null;
}

const PROJECTIONS: ReadonlySet<string> = new Set(["averagePool", "maxPool", "subsample"]);

function skipOf(shortcut: readonly NodeLayout[] | null, inside: readonly NodeLayout[], start: number): SkipKind {
  if (shortcut === null) {
    const passes = inside.some(({ node }) => node.op === "add" && node.inputs.some((input) => input < start));
    return passes ? "identity" : "none";
  }
  if (shortcut.length === 0) return "identity";
  return shortcut.some(({ node }) => node.op === "averagePool" || node.op === "maxPool") ? "pooled" : "projected";
}

const square = (kernel: number) => `${kernel}×${kernel}`;

/** Kind and words of the nodes of one piece, its shortcut left out. */
function nameOf(body: readonly (NodeLayout & { index: number })[]): { kind: LayerKind; label: string } {
  const [first, second, third] = body.map(({ node }) => node);
  if (first?.op === "conv" && first.kernel === 1 && second?.op === "depthwiseConv" && body.length <= 3) {
    const expansion = Number((first.filters / (body[0].inputShapes[0].at(-1) ?? 1)).toFixed(1));
    if (third === undefined || third.op === "conv") {
      return { kind: "bottleneck", label: `MBConv${expansion} ${square(second.kernel)}` };
    }
  }
  const parts: { kind: LayerKind; label: string }[] = [];
  const pointwise = (node: NodeLayout["node"] | undefined) => node?.op === "conv" && node.kernel === 1;
  for (let i = 0; i < body.length; i++) {
    const { node } = body[i];
    const part = wordsOf(node);
    const last = parts.at(-1);
    const closes = pointwise(body[i + 1]?.node);
    if (node.op === "depthwiseConv" && closes) {
      parts.push({ kind: "separable", label: `separable ${square(node.kernel)}` });
      i++;
    } else if (part.kind === "pool" && closes) {
      parts.push(part);
      i++;
    } else if (node.op === "conv" && last?.kind === "conv" && node.inputs[0] === body[i - 1].index) {
      last.label += ` + ${square(node.kernel)}`;
    } else parts.push(part);
  }
  const kinds = new Set(parts.map(({ kind }) => kind));
  const kind = kinds.size === 1 ? parts[0].kind : "branches";
  return { kind, label: parts.length === 0 ? "sum" : countedWords(parts.map(({ label }) => label)) };
}

function wordsOf(node: NodeLayout["node"]): { kind: LayerKind; label: string } {
  switch (node.op) {
    case "conv":
      return { kind: "conv", label: `conv ${square(node.kernel)}` };
    case "depthwiseConv":
      return { kind: "separable", label: `depthwise ${square(node.kernel)}` };
    case "averagePool":
      return { kind: "pool", label: `average pool ${square(node.kernel)}` };
    case "maxPool":
      return { kind: "pool", label: `max pool ${square(node.kernel)}` };
    case "globalAveragePool":
      return { kind: "pool", label: "global average pool" };
    case "dense":
      return { kind: "classifier", label: "classifier" };
    case "add":
      return { kind: "branches", label: "sum" };
    case "squeezeExcite":
      return { kind: "branches", label: "squeeze and excite" };
    case "subsample":
      return { kind: "pool", label: "subsample" };
    case "dropout":
      return { kind: "branches", label: "dropout" };
    default:
      return node satisfies never;
  }
}

/** "a, a, b" as "a (2), b". */
function countedWords(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].map(([word, count]) => count === 1 ? word : `${word} (${count})`).join(", ");
}
