// Small networks around one op each, over odd shapes: the contract suite and the reference's own test share them.
import type { Activation, Architecture, ArchitectureNode } from "../../../src/schemas/architecture.ts";
import type { Example } from "./check.ts";

/** An example with its name. */
export interface NamedExample extends Example {
  name: string;
}

const kernels = [1, 2, 3, 5, 7];
const strides = [1, 2] as const;
const sizes = [[5, 7], [8, 8], [1, 1]] as const;
const channelCounts = [1, 2, 3, 4, 5, 8, 13];
const batchSizes = [2, 5, 1];
const activations: Activation[] = ["relu6", "none", "relu"];
const imageChannels = [1, 3, 2, 5];

function pick<T>(list: readonly T[], index: number): T {
  return list[index % list.length];
}

type NodeBody = ArchitectureNode extends infer Node ? Node extends unknown ? Omit<Node, "inputs"> : never : never;

interface Surroundings {
  size: readonly [height: number, width: number];
  channels: number;
  imageChannels?: number;
  /** Whether the op reads the images, a convolution, or that with gates on it. */
  reads?: "images" | "convolution" | "gated";
  /** Whether the op gives a vector. */
  vector?: boolean;
}

/** A network in which `node` is tapped as "output" and reads what `surroundings` say. */
function networkAround(node: NodeBody, surroundings: Surroundings): Architecture {
  const { size: [height, width], channels, imageChannels = 3, reads = "convolution", vector = false } = surroundings;
  const nodes: ArchitectureNode[] = [];
  if (reads !== "images") {
    nodes.push({ op: "conv", inputs: [-1], kernel: 1, stride: 1, filters: channels, activation: "relu6" });
  }
  if (reads === "gated") nodes.push({ op: "squeezeExcite", inputs: [0], squeezeChannels: 2 });
  if (node.op === "dense") nodes.push({ op: "globalAveragePool", inputs: [nodes.length - 1] });
  const input = nodes.length - 1;
  const inputs = node.op === "add" ? [input, reads === "gated" ? 0 : input] : [input];
  nodes.push({ ...node, inputs, tap: "output" } as ArchitectureNode);
  if (!vector) nodes.push({ op: "globalAveragePool", inputs: [nodes.length - 1] });
  nodes.push({ op: "dense", inputs: [nodes.length - 1], units: 3 });
  return {
    version: 1,
    input: { height, width, channels: reads === "images" ? channels : imageChannels },
    classes: 3,
    nodes,
  };
}

function describe(node: NodeBody, { size, channels, reads = "convolution" }: Surroundings, batchSize: number): string {
  const { op, ...numbers } = node;
  const what = Object.entries(numbers).map(([key, value]) => `${key} ${value}`).join(", ");
  return `${op}${what && ` (${what})`} of ${batchSize}x${size.join("x")}x${channels} (${reads})`;
}

function example(node: NodeBody, surroundings: Surroundings, batchSize: number): NamedExample {
  return {
    name: describe(node, surroundings, batchSize),
    architecture: networkAround(node, surroundings),
    batchSize,
    features: ["output"],
    gradients: ["logits", "output"],
    imageGradient: true,
  };
}

/** Kernels and strides of windows, each with another size, channel count and batch size. */
function windowed(nodeOf: (window: { kernel: number; stride: 1 | 2 }, index: number) => NodeBody, rounds: number) {
  const windows = kernels.flatMap((kernel) => strides.map((stride) => ({ kernel, stride })));
  return Array.from({ length: rounds }, (_, round) =>
    windows.map((window, place) => {
      const index = place + round * 11;
      const channels = pick(channelCounts, index * 3 + round);
      const surroundings = { size: pick(sizes, index), channels, imageChannels: pick(imageChannels, index) };
      return example(nodeOf(window, index), surroundings, pick(batchSizes, index + (index / 3 | 0)));
    })).flat();
}

const bodies: NodeBody[] = [
  { op: "conv", kernel: 3, stride: 2, filters: 6, activation: "relu" },
  { op: "conv", kernel: 1, stride: 1, filters: 9, activation: "none" },
  { op: "depthwiseConv", kernel: 3, stride: 1, activation: "relu6" },
  { op: "squeezeExcite", squeezeChannels: 2 },
  { op: "add", activation: "relu" },
  { op: "averagePool", kernel: 3, stride: 2 },
  { op: "maxPool", kernel: 2, stride: 2 },
  { op: "subsample", stride: 2, channels: 8 },
  { op: "dropout", rate: 0 },
  { op: "globalAveragePool" },
];

/** Every op after a convolution with batch norm and relu6. */
export const opExamples: NamedExample[] = [
  ...windowed((window, index) => {
    return { op: "conv", ...window, filters: pick(channelCounts, index * 2 + 3), activation: pick(activations, index) };
  }, 2),
  ...windowed((window, index) => ({ op: "depthwiseConv", ...window, activation: pick(activations, index) }), 2),
  ...windowed((window) => ({ op: "averagePool", ...window }), 1),
  ...windowed((window) => ({ op: "maxPool", ...window }), 1),
  ...channelCounts.map((channels, index) => {
    const node = { op: "squeezeExcite", squeezeChannels: pick([1, 3], index) } as const;
    return example(node, { size: pick(sizes, index), channels }, pick(batchSizes, index));
  }),
  ...[[1, 1, 0], [2, 2, 1], [3, 4, 1], [4, 9, 0], [5, 8, 1], [8, 13, 0]].map(([channels, more, halved], index) => {
    const node = { op: "subsample", stride: strides[halved], channels: more } as const;
    return example(node, { size: pick(sizes, index + 1), channels }, pick(batchSizes, index));
  }),
  ...channelCounts.map((channels, index) => {
    const node = { op: "globalAveragePool" } as const;
    return example(node, { size: pick(sizes, index), channels, vector: true }, pick(batchSizes, index));
  }),
  ...channelCounts.map((channels, index) => {
    const node = { op: "dense", units: pick(channelCounts, index * 3 + 1) } as const;
    return example(node, { size: pick(sizes, index), channels, vector: true }, pick(batchSizes, index));
  }),
  ...activations.map((activation, index) => {
    return example(
      { op: "add", activation },
      { size: pick(sizes, index), channels: 3 + 2 * index },
      pick(batchSizes, index),
    );
  }),
  example({ op: "dropout", rate: 0 }, { size: [5, 7], channels: 5 }, 2),
];

/** Every op on the images themselves, and on a gated value. */
export const readingExamples: NamedExample[] = [
  ...bodies.flatMap((node, index) => {
    const vector = node.op === "globalAveragePool";
    const of = (channels: number) => example(node, { size: [5, 7], channels, reads: "images", vector }, 2);
    return [of(pick(imageChannels, index)), of(pick(imageChannels, index + 1))];
  }),
  ...bodies.filter(({ op }) => op !== "squeezeExcite").map((node, index) => {
    const vector = node.op === "globalAveragePool";
    const channels = pick([5, 8, 3], index);
    return example(node, { size: pick(sizes, index), channels, reads: "gated", vector }, pick(batchSizes, index));
  }),
];
