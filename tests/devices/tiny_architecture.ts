import type { Architecture } from "../../src/schemas/architecture.ts";

/** A network with every kind of folded weight that is built and timed in a moment. */
export const tinyArchitecture: Architecture = {
  version: 1,
  input: { height: 8, width: 8, channels: 1 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 4, activation: "relu6" },
    { op: "depthwiseConv", inputs: [0], kernel: 3, stride: 1, activation: "relu" },
    { op: "squeezeExcite", inputs: [1], squeezeChannels: 2 },
    { op: "add", inputs: [2, 0] },
    { op: "globalAveragePool", inputs: [3] },
    { op: "dense", inputs: [4], units: 3 },
  ],
};
