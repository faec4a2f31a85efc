// Networks whose shape is the point: values with several readers, taps before and after activations and gates, gradients
// that stop early.
import type { Architecture, ArchitectureNode } from "../../../src/schemas/architecture.ts";
import { everyOpNetwork } from "../../src/engine/every_op_network.ts";
import type { NamedExample } from "./op_examples.ts";

function network(nodes: ArchitectureNode[], input = { height: 5, width: 6, channels: 3 }): Architecture {
  const pooled: ArchitectureNode[] = [{ op: "globalAveragePool", inputs: [nodes.length - 1], tap: "embedding" }];
  return {
    version: 1,
    input,
    classes: 4,
    nodes: [...nodes, ...pooled, { op: "dense", inputs: [nodes.length], units: 4 }],
  };
}

const pointwise = { op: "conv", kernel: 1, stride: 1 } as const;

const stem: ArchitectureNode = {
  op: "conv",
  inputs: [-1],
  kernel: 3,
  stride: 1,
  filters: 5,
  activation: "relu6",
  tap: "stem",
};

/** One value with four readers; the gradient of each is added to the first. */
const manyReaders = network([
  stem,
  { ...pointwise, inputs: [0], filters: 5, activation: "none" },
  { op: "depthwiseConv", inputs: [0], kernel: 3, stride: 1, activation: "relu" },
  { op: "averagePool", inputs: [0], kernel: 3, stride: 1 },
  { op: "add", inputs: [1, 0] },
  { op: "add", inputs: [2, 3], activation: "relu" },
  { op: "add", inputs: [4, 5], activation: "relu6" },
]);

/** A gated value and the same value without its gate, both read more than once, added to each other. */
const gatedAndPlain = network([
  stem,
  { op: "squeezeExcite", inputs: [0], squeezeChannels: 3, tap: "gated" },
  { ...pointwise, inputs: [1], filters: 5, activation: "relu" },
  { op: "add", inputs: [1, 0], activation: "relu", tap: "sum" },
  { op: "squeezeExcite", inputs: [3], squeezeChannels: 1, tap: "gatedSum" },
  { op: "add", inputs: [4, 1] },
  { op: "add", inputs: [5, 2] },
  { op: "squeezeExcite", inputs: [6], squeezeChannels: 2 },
]);

const twoGates = network([
  stem,
  { op: "squeezeExcite", inputs: [0], squeezeChannels: 3 },
  { op: "squeezeExcite", inputs: [0], squeezeChannels: 2 },
  { op: "add", inputs: [1, 2] },
]);

/** A block of a mobile network (expand, depthwise, gate, project, skip) and one of a residual network. */
const blocks = network([
  { ...stem, stride: 2, filters: 6 },
  { ...pointwise, inputs: [0], filters: 14, activation: "relu6" },
  { op: "depthwiseConv", inputs: [1], kernel: 5, stride: 1, activation: "relu6", tap: "depthwise" },
  { op: "squeezeExcite", inputs: [2], squeezeChannels: 3 },
  { ...pointwise, inputs: [3], filters: 6, activation: "none", tap: "projected" },
  { op: "add", inputs: [4, 0], tap: "stage1" },
  { op: "conv", inputs: [5], kernel: 3, stride: 2, filters: 9, activation: "relu" },
  { op: "conv", inputs: [6], kernel: 3, stride: 1, filters: 9, activation: "none" },
  { op: "subsample", inputs: [5], stride: 2, channels: 9 },
  { op: "add", inputs: [7, 8], activation: "relu", tap: "stage2" },
  { op: "maxPool", inputs: [9], kernel: 3, stride: 1 },
], { height: 16, width: 13, channels: 1 });

const wide = network([
  { ...stem, filters: 33 },
  { op: "conv", inputs: [0], kernel: 3, stride: 2, filters: 70, activation: "relu" },
  { ...pointwise, inputs: [1], filters: 130, activation: "relu6" },
  { op: "depthwiseConv", inputs: [2], kernel: 3, stride: 1, activation: "relu" },
  { op: "squeezeExcite", inputs: [3], squeezeChannels: 17 },
], { height: 9, width: 11, channels: 3 });

const every = { architecture: everyOpNetwork, batchSize: 5 };
const { length } = everyOpNetwork.nodes;

/** Shapes of graphs. */
export const graphExamples: NamedExample[] = [
  { name: "a network of every op", ...every, imageGradient: true },
  ...[1, 2, 5].map((batchSize) => ({
    name: `blocks of networks, batch ${batchSize}`,
    architecture: blocks,
    batchSize,
  })),
  { name: "channels beyond one tile", architecture: wide, batchSize: 3 },
  { name: "a value with several readers", architecture: manyReaders, batchSize: 2, imageGradient: true },
  { name: "a value read with and without its gate", architecture: gatedAndPlain, batchSize: 2, imageGradient: true },
  { name: "two gates on one value", architecture: twoGates, batchSize: 2, imageGradient: true },
  { name: "two dense layers in a row", architecture: twoDense(), batchSize: 5, features: ["hidden"] },
];

function twoDense(): Architecture {
  const nodes: ArchitectureNode[] = [
    { op: "globalAveragePool", inputs: [-1] },
    { op: "dense", inputs: [0], units: 7, tap: "hidden" },
    { op: "dropout", inputs: [1], rate: 0 },
    { op: "dense", inputs: [2], units: 7 },
    { op: "add", inputs: [3, 1], activation: "relu" },
    { op: "dense", inputs: [4], units: 10 },
  ];
  return { version: 1, input: { height: 3, width: 4, channels: 5 }, classes: 10, nodes };
}

const manyTaps = ["stem", "stem:before", "gated", "sum", "sum:before", "gatedSum", "embedding"];

/** Features and gradients that losses give at them. */
export const featureExamples: NamedExample[] = [
  {
    name: "features before and after activations and gates",
    architecture: gatedAndPlain,
    batchSize: 2,
    features: manyTaps,
    gradients: ["logits", ...manyTaps],
    imageGradient: true,
  },
  { name: "features without gradients", architecture: gatedAndPlain, batchSize: 5, features: manyTaps },
  ...manyTaps.map((tap) => {
    const common = { architecture: gatedAndPlain, batchSize: 2, features: [tap], imageGradient: true };
    return { name: `a gradient at ${tap} alone, none of the logits`, ...common, gradients: [tap] };
  }),
  {
    name: "a gradient at a feature that the gradient of another passes",
    architecture: blocks,
    batchSize: 2,
    features: ["stage1", "projected", "depthwise:before"],
    gradients: ["stage1", "depthwise:before"],
  },
];

/** Networks of which only a part is trained. */
export const frozenExamples: NamedExample[] = [
  { name: "only the last layer trained", ...every, trainable: (node) => node === length - 1 },
  { name: "only the first layer trained", ...every, trainable: (node) => node === 0 },
  { name: "a frozen layer in the middle", ...every, trainable: (node) => node !== 4 && node !== 2 },
  { name: "a frozen gate", ...every, trainable: (node) => node !== 3, imageGradient: true },
  { name: "the image gradient of a frozen network", ...every, trainable: () => false, imageGradient: true },
  {
    name: "a frozen network with gradients at features",
    architecture: gatedAndPlain,
    batchSize: 2,
    trainable: (node) => node >= 4,
    features: ["stem", "sum:before", "embedding"],
    gradients: ["logits", "stem", "sum:before", "embedding"],
  },
];

/** Evaluation by the moving averages. */
export const inferenceExamples: NamedExample[] = [
  { name: "every op in inference", ...every, mode: "inference", features: ["stem:before", "gated", "sum"] },
  { name: "features in inference", architecture: gatedAndPlain, batchSize: 1, mode: "inference", features: manyTaps },
  {
    name: "blocks in inference",
    architecture: blocks,
    batchSize: 2,
    mode: "inference",
    features: ["stage1", "stage2"],
  },
];

/** Kernels rounded in both passes. */
export const quantisedExamples: NamedExample[] = [
  ...[4, 8].flatMap((weightBits) => [
    { name: `kernels of ${weightBits} bits`, ...every, weightBits, imageGradient: true },
    { name: `kernels of ${weightBits} bits in inference`, ...every, weightBits, mode: "inference" as const },
  ]),
  {
    name: "no kernels of 8 bits",
    architecture: {
      version: 1,
      input: { height: 3, width: 3, channels: 2 },
      classes: 2,
      nodes: [{ op: "globalAveragePool", inputs: [-1] }],
    },
    batchSize: 2,
    weightBits: 8,
    imageGradient: true,
  },
];
