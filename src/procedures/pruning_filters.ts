// Filter pruning: whole filters go, and with them batch norm's channels and the next layers' inputs, so that the
// network itself becomes smaller. Li et al. 2016, "Pruning Filters for Efficient ConvNets" (1608.08710): least sum of
// magnitudes first.
import type { Weights } from "../engine/network.ts";
import { channelTies } from "../models/channel_ties.ts";
import { layoutOf, type PlacedWeight } from "../ops/layout.ts";
import type { Architecture, ArchitectureNode } from "../schemas/architecture.ts";

/** Channels that only make sense together, through additions and layers that work channel by channel. */
export interface ChannelGroup {
  channels: number;
  /** Nodes that give these channels. */
  nodes: number[];
  /** Those of them that are convolutions, whose filters make the channels. */
  producers: number[];
}

/**
 * Groups of the nodes' outputs that may lose channels, residual ties in one group; images, logits and padded ones are
 * not among them.
 */
export function channelGroups(architecture: Architecture): ChannelGroup[] {
  const { nodes } = layoutOf(architecture);
  const { given, ofNodes, padded } = channelTies(architecture);
  // A linear layer between others has no channels that a filter would make.
  const linear = ofNodes.filter((_, index) => nodes[index].node.op === "dense");
  const fixed = new Set([...given, ...padded, ...linear]);
  const groups = new Map<number, ChannelGroup>();
  for (const [index, { node, outputShape }] of nodes.entries()) {
    const root = ofNodes[index];
    if (fixed.has(root)) continue;
    const group = groups.get(root) ?? { channels: outputShape.at(-1) ?? 0, nodes: [], producers: [] };
    groups.set(root, group);
    group.nodes.push(index);
    if (node.op === "conv") group.producers.push(index);
  }
  return [...groups.values()];
}

/**
 * Places of the channels of `group` that stay, ascending: all but the `sparsity` of least summed magnitude, at least
 * one.
 */
export function keptChannels(
  architecture: Architecture,
  { parameters }: Weights,
  group: ChannelGroup,
  sparsity: number,
): number[] {
  const sums = new Float64Array(group.channels);
  const { nodes } = layoutOf(architecture);
  for (const producer of group.producers) {
    const kernel = nodes[producer].parameters[0];
    for (let i = 0; i < kernel.size; i++) sums[i % group.channels] += Math.abs(parameters[kernel.offset + i]);
  }
  const count = Math.max(1, Math.round((1 - sparsity) * group.channels));
  return [...sums.keys()].sort((a, b) => sums[b] - sums[a] || a - b).slice(0, count).sort((a, b) => a - b);
}

/** Which of its node's channels each dimension of a weight counts. */
type Axes = readonly ("input" | "output" | undefined)[];

/** By op, the axes of its weights in their order. */
function axesOf({ op }: ArchitectureNode): { parameters: readonly Axes[]; statistics: readonly Axes[] } {
  const channel: Axes = ["output"];
  switch (op) {
    case "conv":
      return {
        parameters: [[undefined, undefined, "input", "output"], channel, channel],
        statistics: [channel, channel],
      };
    case "depthwiseConv":
      return {
        parameters: [[undefined, undefined, "output", undefined], channel, channel],
        statistics: [channel, channel],
      };
    case "squeezeExcite":
      return { parameters: [["output", undefined], [undefined], [undefined, "output"], channel], statistics: [] };
    case "dense":
      return { parameters: [["input", "output"], channel], statistics: [] };
    default:
      return { parameters: [], statistics: [] };
  }
}

/** The values of a weight at the kept places of each dimension; undefined keeps all. */
function gather(
  values: Float32Array,
  { offset, shape }: PlacedWeight,
  kept: readonly (readonly number[] | undefined)[],
): Float32Array {
  let starts = [offset];
  let stride = shape.reduce((product, length) => product * length, 1);
  for (const [axis, length] of shape.entries()) {
    stride /= length;
    const places = kept[axis] ?? Array.from({ length }, (_, place) => place);
    starts = starts.flatMap((start) => places.map((place) => start + place * stride));
  }
  return Float32Array.from(starts, (place) => values[place]);
}

/** All parts one after the other. */
function join(parts: readonly Float32Array[]): Float32Array {
  const joined = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/**
 * The network without the `sparsity` of the filters of each group that may lose some, with the weights that are left.
 */
export function pruneFilters(
  architecture: Architecture,
  weights: Weights,
  sparsity: number,
): { architecture: Architecture; weights: Weights } {
  if (!(sparsity >= 0 && sparsity < 1)) throw new RangeError(`sparsity must be from 0 to below 1, got ${sparsity}`);
  const kept = new Map<number, number[]>();
  for (const group of channelGroups(architecture)) {
    const channels = keptChannels(architecture, weights, group, sparsity);
    for (const node of group.nodes) kept.set(node, channels);
  }
  const parameters: Float32Array[] = [];
  const statistics: Float32Array[] = [];
  for (const [index, layout] of layoutOf(architecture).nodes.entries()) {
    const axes = axesOf(layout.node);
    const keptOf = (places: Axes) =>
      places.map((place) =>
        place === undefined ? undefined : kept.get(place === "output" ? index : layout.node.inputs[0])
      );
    for (const [i, weight] of layout.parameters.entries()) {
      parameters.push(gather(weights.parameters, weight, keptOf(axes.parameters[i])));
    }
    for (const [i, weight] of layout.statistics.entries()) {
      statistics.push(gather(weights.statistics, weight, keptOf(axes.statistics[i])));
    }
  }
  const nodes = architecture.nodes.map((node, index): ArchitectureNode => {
    const channels = kept.get(index)?.length;
    if (channels === undefined) return node;
    if (node.op === "conv") return { ...node, filters: channels };
    // Of one width with its input, else it would have been left alone.
    if (node.op === "subsample") return { ...node, channels };
    return node;
  });
  // No longer what its space's tokens say.
  const { origin: _origin, ...network } = architecture;
  return {
    architecture: { ...network, nodes },
    weights: { parameters: join(parameters), statistics: join(statistics) },
  };
}
