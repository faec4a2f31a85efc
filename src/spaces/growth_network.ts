// A backbone with added layers: tokens -> Architecture.
import type { Architecture, ArchitectureNode } from "../schemas/architecture.ts";
import type { GrowthPlace } from "./growth_places.ts";

/** What a layer may add (KDAS, 1911.13019). */
export const growthOperations = [
  "identity",
  "conv3",
  "conv5",
  "separable3",
  "separable5",
  "maxPool",
  "averagePool",
] as const;

export type GrowthOperation = typeof growthOperations[number];

/** One added layer. */
export interface GrowthLayer {
  operation: GrowthOperation;
  /** Reads what enters its block, beside the block, in place of what leaves it. */
  beside: boolean;
  /** Is added to the next place of its shape as well. */
  onward: boolean;
}

type Push = (node: ArchitectureNode) => number;

/** The nodes of `operation`, the last one linear with a batch norm; the index of that one. */
function pushOperation(
  push: Push,
  operation: Exclude<GrowthOperation, "identity">,
  { input, stride, filters }: { input: number; stride: 1 | 2; filters: number },
): number {
  const conv = (from: number, kernel: number, stride: 1 | 2) =>
    push({ op: "conv", inputs: [from], kernel, stride, filters, activation: "none" });
  // Without the activation between its halves that mobile networks have.
  const separable = (kernel: number) =>
    conv(push({ op: "depthwiseConv", inputs: [input], kernel, stride, activation: "none" }), 1, 1);
  switch (operation) {
    case "conv3":
      return conv(input, 3, stride);
    case "conv5":
      return conv(input, 5, stride);
    case "separable3":
      return separable(3);
    case "separable5":
      return separable(5);
    // Pooling has no gain of its own to begin at nothing with: that of a 1x1 convolution after it serves.
    case "maxPool":
    case "averagePool":
      return conv(push({ op: operation, inputs: [input], kernel: 3, stride }), 1, 1);
    default:
      return operation satisfies never;
  }
}

/**
 * `backbone` with one layer per place, as many as are given, the rest identities. A layer is a residual branch: its
 * output is added to what leaves the block, then the block's activation follows. What reads the end of a block, and the
 * block's tap, is moved to the last such addition.
 */
export function growNetwork(
  backbone: Architecture,
  places: readonly GrowthPlace[],
  layers: readonly GrowthLayer[],
): Architecture {
  const nodes: ArchitectureNode[] = [];
  const push: Push = (node) => nodes.push(node) - 1;
  // Of each backbone node, the node that now stands for its output.
  const outputs: number[] = [];
  const outputOf = (node: number) => node < 0 ? node : outputs[node];
  const onward = new Map<number, number[]>();
  for (const [index, { tap, ...node }] of backbone.nodes.entries()) {
    let output = push({ ...node, inputs: node.inputs.map(outputOf) });
    for (const [number, { activation, end, next, shape, start, stride = 1 }] of places.entries()) {
      if (end !== index) continue;
      const add = (branch: number) => {
        output = push({ op: "add", inputs: [branch, output], ...(activation !== "none" && { activation }) });
      };
      onward.get(number)?.forEach(add);
      const layer = layers.at(number);
      if (layer === undefined || layer.operation === "identity") continue;
      const from = layer.beside ? { input: outputOf(start), stride } : { input: output, stride: 1 as const };
      const branch = pushOperation(push, layer.operation, { ...from, filters: shape[2] });
      add(branch);
      if (layer.onward && next !== undefined) onward.set(next, [...onward.get(next) ?? [], branch]);
    }
    if (tap !== undefined) nodes[output].tap = tap;
    outputs[index] = output;
  }
  const { origin: _origin, ...network } = backbone;
  return { ...network, nodes };
}
