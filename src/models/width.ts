import { layoutOf } from "../ops/layout.ts";
import type { Architecture, ArchitectureNode } from "../schemas/architecture.ts";
import { channelTies } from "./channel_ties.ts";

/** Of each node the channels of its output, scaled where they are not given. */
function scaledWidths(architecture: Architecture, scaled: (channels: number) => number): number[] {
  const { given: [images, logits], ofNodes } = channelTies(architecture);
  // By tie.
  const before: number[] = [];
  before[images] = architecture.input.channels;
  const padding: { from: number; to: number }[] = [];
  for (const [index, { inputShapes, node, outputShape }] of layoutOf(architecture).nodes.entries()) {
    before[ofNodes[index]] = outputShape[outputShape.length - 1];
    if (node.op !== "subsample" || inputShapes[0][2] === node.channels) continue;
    padding.push({ from: node.inputs[0] < 0 ? images : ofNodes[node.inputs[0]], to: ofNodes[index] });
  }
  const isGiven = (tie: number) => tie === images || tie === logits;
  const widths = before.map((width, tie) => isGiven(tie) ? width : scaled(width));
  // A shortcut that pads must not lead to fewer channels than it reads, also where one end is the images or the logits. Since
  // it led to more, the order of these settles a tie before those that follow from it.
  for (const { from, to } of padding.toSorted((a, b) => before[b.to] - before[a.to])) {
    if (!isGiven(from)) widths[from] = Math.min(widths[from], widths[to]);
  }
  for (const { from, to } of padding.toSorted((a, b) => before[a.from] - before[b.from])) {
    if (!isGiven(to)) widths[to] = Math.max(widths[from], widths[to]);
  }
  return ofNodes.map((tie) => widths[tie]);
}

/**
 * A copy of `architecture` with `factor` times the channels in every layer, at least one; equal widths stay equal, so
 * that additions fit, and what is tied to the logits or the images keeps their channels; a shortcut that pads stays at
 * least as wide as what it reads. 1 gives the architecture itself.
 * RangeError on a factor that is not above 0, and on an architecture whose shapes do not fit.
 */
export function scaleWidth(architecture: Architecture, factor: number): Architecture {
  if (!(factor > 0)) throw new RangeError(`a width is scaled by a factor above 0, got ${factor}`);
  if (factor === 1) return architecture;
  const scaled = (channels: number) => Math.max(1, Math.round(channels * factor));
  const widths = scaledWidths(architecture, scaled);
  const nodes = architecture.nodes.map((node, index): ArchitectureNode => {
    switch (node.op) {
      case "conv":
        return { ...node, filters: widths[index] };
      case "dense":
        return { ...node, units: widths[index] };
      case "subsample":
        return { ...node, channels: widths[index] };
      // Its channels lie between its input and its output alone.
      case "squeezeExcite":
        return { ...node, squeezeChannels: scaled(node.squeezeChannels) };
      default:
        return node;
    }
  });
  const { origin: _origin, ...network } = architecture;
  return { ...network, nodes };
}
