import { assertEquals } from "@std/assert";
import { countDownloadBytes, countMemoryBytes } from "../../../src/models/deployed_size.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";

const network: Architecture = {
  version: 1,
  input: { height: 4, width: 4, channels: 1 },
  classes: 3,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 1, filters: 2, activation: "relu" },
    { op: "conv", inputs: [0], kernel: 1, stride: 1, filters: 2, activation: "none" },
    { op: "add", inputs: [1, 0] },
    { op: "globalAveragePool", inputs: [2] },
    { op: "dense", inputs: [3], units: 3 },
  ],
};

Deno.test("a download is the folded weights: kernels and a bias per filter, and the classifier", () => {
  const weights = (9 * 2 + 2) + (4 + 2) + (2 * 3 + 3);
  assertEquals(countDownloadBytes(network), 4 * weights);
});

Deno.test("memory is the weights and the most activations that live at one time", () => {
  // While the sum is made, both its inputs and its output live; the image was read last by the first node.
  assertEquals(countMemoryBytes(network), countDownloadBytes(network) + 4 * 3 * (4 * 4 * 2));
});
