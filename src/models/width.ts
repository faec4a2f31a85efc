import type { Architecture, ArchitectureNode } from "../schemas/architecture.ts";

/**
 * A copy of `architecture` with `factor` times the channels in every layer, at least one; equal widths stay equal, so
 * that additions fit. 1 gives the architecture itself. RangeError on a factor that is not above 0.
 */
export function scaleWidth(architecture: Architecture, factor: number): Architecture {
  if (!(factor > 0)) throw new RangeError(`a width is scaled by a factor above 0, got ${factor}`);
  if (factor === 1) return architecture;
  const scaled = (channels: number) => Math.max(1, Math.round(channels * factor));
  const last = architecture.nodes.length - 1;
  const nodes = architecture.nodes.map((node, index): ArchitectureNode => {
    if (index === last) return node;
    switch (node.op) {
      case "conv":
        return { ...node, filters: scaled(node.filters) };
      case "dense":
        return { ...node, units: scaled(node.units) };
      case "subsample":
        return { ...node, channels: scaled(node.channels) };
      case "squeezeExcite":
        return { ...node, squeezeChannels: scaled(node.squeezeChannels) };
      default:
        return node;
    }
  });
  const { origin: _origin, ...network } = architecture;
  return { ...network, nodes };
}
