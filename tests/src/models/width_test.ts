import { assertEquals } from "@std/assert";
import { channelTies } from "../../../src/models/channel_ties.ts";
import { scaleWidth } from "../../../src/models/width.ts";
import { layoutOf } from "../../../src/ops/layout.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";

const base: Omit<Architecture, "nodes"> = { version: 1, input: { height: 8, width: 8, channels: 1 }, classes: 3 };
const widthsOf = (architecture: Architecture) =>
  layoutOf(architecture).nodes.map(({ outputShape }) => outputShape.at(-1));

Deno.test("whatever makes the logits keeps their number through pooling, additions and depthwise layers", () => {
  const network: Architecture = {
    ...base,
    nodes: [
      { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 8, activation: "relu" },
      { op: "conv", inputs: [0], kernel: 1, stride: 1, filters: 3, activation: "none" },
      { op: "conv", inputs: [0], kernel: 1, stride: 1, filters: 3, activation: "none" },
      { op: "add", inputs: [1, 2] },
      { op: "depthwiseConv", inputs: [3], kernel: 3, stride: 2, activation: "none" },
      { op: "squeezeExcite", inputs: [4], squeezeChannels: 2 },
      { op: "globalAveragePool", inputs: [5] },
      { op: "dropout", inputs: [6], rate: 0.1 },
    ],
  };
  for (const [factor, squeezeChannels] of [[0.5, 1], [1.25, 3], [2, 4]]) {
    const scaled = scaleWidth(network, factor);
    assertEquals(widthsOf(scaled), [8 * factor, 3, 3, 3, 3, 3, 3, 3]);
    assertEquals(scaled.nodes[5], { op: "squeezeExcite", inputs: [4], squeezeChannels });
  }
});

Deno.test("what is added to the images keeps their channels, hidden linear layers grow", () => {
  const network: Architecture = {
    ...base,
    nodes: [
      { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 1, activation: "relu" },
      { op: "add", inputs: [0, -1] },
      { op: "conv", inputs: [1], kernel: 3, stride: 1, filters: 4, activation: "relu" },
      { op: "globalAveragePool", inputs: [2] },
      { op: "dense", inputs: [3], units: 6 },
      { op: "dense", inputs: [4], units: 3 },
    ],
  };
  assertEquals(widthsOf(scaleWidth(network, 2)), [1, 1, 8, 8, 12, 3]);
});

Deno.test("a shortcut that pads is scaled on both sides, which stay two widths", () => {
  const network: Architecture = {
    ...base,
    nodes: [
      { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 4, activation: "relu" },
      { op: "conv", inputs: [0], kernel: 3, stride: 2, filters: 8, activation: "relu" },
      { op: "subsample", inputs: [0], stride: 2, channels: 8 },
      { op: "add", inputs: [1, 2] },
      { op: "globalAveragePool", inputs: [3] },
      { op: "dense", inputs: [4], units: 3 },
    ],
  };
  assertEquals(widthsOf(scaleWidth(network, 1.5)), [6, 12, 12, 12, 12, 3]);
  const { given, ofNodes, padded } = channelTies(network);
  assertEquals(new Set(padded), new Set([ofNodes[0], ofNodes[2]]));
  assertEquals([ofNodes[1], ofNodes[2], ofNodes[4]], [ofNodes[3], ofNodes[3], ofNodes[3]]);
  assertEquals(given[1], ofNodes[5]);
});

Deno.test("a shortcut that pads the images stays as wide as they are, and so does all that is tied to it", () => {
  const network: Architecture = {
    ...base,
    input: { ...base.input, channels: 3 },
    nodes: [
      { op: "maxPool", inputs: [-1], kernel: 2, stride: 1 },
      { op: "subsample", inputs: [0], stride: 1, channels: 4 },
      { op: "conv", inputs: [1], kernel: 3, stride: 1, filters: 4, activation: "relu" },
      { op: "add", inputs: [2, 1] },
      { op: "subsample", inputs: [3], stride: 2, channels: 5 },
      { op: "conv", inputs: [4], kernel: 3, stride: 1, filters: 8, activation: "relu" },
      { op: "globalAveragePool", inputs: [5] },
      { op: "dense", inputs: [6], units: 3 },
    ],
  };
  assertEquals(widthsOf(scaleWidth(network, 0.5)), [3, 3, 3, 3, 3, 4, 4, 3]);
  assertEquals(widthsOf(scaleWidth(network, 2)), [3, 8, 8, 8, 10, 16, 16, 3]);
});

Deno.test("what a shortcut pads to the logits grows no wider than they are", () => {
  const network: Architecture = {
    ...base,
    nodes: [
      { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 1, activation: "relu" },
      { op: "subsample", inputs: [0], stride: 1, channels: 2 },
      { op: "subsample", inputs: [1], stride: 1, channels: 3 },
      { op: "globalAveragePool", inputs: [2] },
    ],
  };
  assertEquals(widthsOf(scaleWidth(network, 4)), [3, 3, 3, 3]);
  assertEquals(widthsOf(scaleWidth(network, 0.5)), [1, 1, 3, 3]);
});
