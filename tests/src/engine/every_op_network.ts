// One network of every op of the vocabulary.
import type { Architecture } from "../../../src/schemas/architecture.ts";

/** Every op, every activation, both strides, odd and even kernels; channel counts that are no multiples of four. */
export const everyOpNetwork: Architecture = {
  version: 1,
  input: { height: 9, width: 7, channels: 3 },
  classes: 4,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 6, activation: "relu6", tap: "stem" },
    { op: "conv", inputs: [0], kernel: 1, stride: 1, filters: 18, activation: "relu" },
    { op: "depthwiseConv", inputs: [1], kernel: 5, stride: 1, activation: "relu6" },
    { op: "squeezeExcite", inputs: [2], squeezeChannels: 3, tap: "gated" },
    { op: "conv", inputs: [3], kernel: 1, stride: 1, filters: 6, activation: "none" },
    { op: "add", inputs: [4, 0], activation: "relu", tap: "sum" },
    { op: "depthwiseConv", inputs: [5], kernel: 2, stride: 2, activation: "none" },
    { op: "conv", inputs: [6], kernel: 3, stride: 1, filters: 9, activation: "none" },
    { op: "subsample", inputs: [5], stride: 2, channels: 9 },
    { op: "add", inputs: [7, 8] },
    { op: "averagePool", inputs: [9], kernel: 3, stride: 1 },
    { op: "maxPool", inputs: [10], kernel: 3, stride: 2 },
    { op: "globalAveragePool", inputs: [11], tap: "embedding" },
    { op: "dropout", inputs: [12], rate: 0 },
    { op: "dense", inputs: [13], units: 4 },
  ],
};
