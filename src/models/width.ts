import type { Architecture, ArchitectureNode } from "../schemas/architecture.ts";
import { channelTies } from "./channel_ties.ts";

/**
 * A copy of `architecture` with `factor` times the channels in every layer, at least one; equal widths stay equal, so
 * that additions fit, and what is tied to the logits or the images keeps their channels. 1 gives the architecture itself.
 * RangeError on a factor that is not above 0, and on an architecture whose shapes do not fit.
 */
export function scaleWidth(architecture: Architecture, factor: number): Architecture {
  if (!(factor > 0)) throw new RangeError(`a width is scaled by a factor above 0, got ${factor}`);
  if (factor === 1) return architecture;
  const scaled = (channels: number) => Math.max(1, Math.round(channels * factor));
  const { given, ofNodes } = channelTies(architecture);
  const fixed = new Set(given);
  const nodes = architecture.nodes.map((node, index): ArchitectureNode => {
    // Its channels lie between its input and its output alone.
    if (node.op === "squeezeExcite") return { ...node, squeezeChannels: scaled(node.squeezeChannels) };
    if (fixed.has(ofNodes[index])) return node;
    switch (node.op) {
      case "conv":
        return { ...node, filters: scaled(node.filters) };
      case "dense":
        return { ...node, units: scaled(node.units) };
      case "subsample":
        return { ...node, channels: scaled(node.channels) };
      default:
        return node;
    }
  });
  const { origin: _origin, ...network } = architecture;
  return { ...network, nodes };
}
