// Networks as the space growth makes them: a residual backbone to which branches with pools and separable convolutions
// were added.
import type { Architecture, ArchitectureNode } from "../../../src/schemas/architecture.ts";

function grown(input: Architecture["input"], stride: 1 | 2, wider: number): Architecture {
  const nodes: ArchitectureNode[] = [
    { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 6, activation: "relu", tap: "stem" },
    { op: "conv", inputs: [0], kernel: 3, stride, filters: wider, activation: "relu" },
    { op: "conv", inputs: [1], kernel: 3, stride: 1, filters: wider, activation: "none" },
    { op: "subsample", inputs: [0], stride, channels: wider },
    { op: "add", inputs: [2, 3], activation: "relu", tap: "block" },
    { op: "maxPool", inputs: [4], kernel: 3, stride: 1 },
    { op: "averagePool", inputs: [4], kernel: 3, stride: 1 },
    { op: "add", inputs: [5, 6] },
    { op: "depthwiseConv", inputs: [7], kernel: 5, stride: 1, activation: "none" },
    { op: "conv", inputs: [8], kernel: 1, stride: 1, filters: wider, activation: "relu6" },
    { op: "add", inputs: [9, 4], activation: "relu", tap: "grown" },
    { op: "averagePool", inputs: [10], kernel: 2, stride: 2 },
    { op: "globalAveragePool", inputs: [11], tap: "embedding" },
    { op: "dense", inputs: [12], units: 5 },
  ];
  return { version: 1, input, classes: 5, nodes };
}

export const grownNetworks: { name: string; architecture: Architecture }[] = [
  { name: "grown, stride 2, odd padding", architecture: grown({ height: 11, width: 8, channels: 3 }, 2, 11) },
  { name: "grown, stride 2, no padding", architecture: grown({ height: 8, width: 8, channels: 1 }, 2, 6) },
  { name: "grown, padding alone", architecture: grown({ height: 7, width: 9, channels: 1 }, 1, 8) },
  { name: "grown, subsample that changes nothing", architecture: grown({ height: 6, width: 6, channels: 3 }, 1, 6) },
];
