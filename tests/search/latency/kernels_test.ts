import { assertAlmostEquals, assertEquals } from "@std/assert";
import { kernelsOf } from "../../../search/latency/kernels.ts";
import { featuresOf } from "../../../search/latency/kernel_features.ts";
import { countDownloadBytes } from "../../../src/models/deployed_size.ts";
import { countMultiplyAdds, layoutOf } from "../../../src/ops/layout.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";

const tiny: Architecture = {
  version: 1,
  input: { height: 8, width: 8, channels: 3 },
  classes: 10,
  nodes: [
    { op: "conv", inputs: [-1], kernel: 3, stride: 2, filters: 12, activation: "relu" },
    { op: "depthwiseConv", inputs: [0], kernel: 5, stride: 1, activation: "relu" },
    { op: "add", inputs: [1, 0] },
    { op: "dropout", inputs: [2], rate: 0.5 },
    { op: "averagePool", inputs: [3], kernel: 3, stride: 2 },
    { op: "globalAveragePool", inputs: [4] },
    { op: "dense", inputs: [5], units: 10 },
  ],
};

Deno.test("kernels are those of the deployed form: batch norm folded, no dropout, channels filled up to vectors", () => {
  assertEquals(kernelsOf(tiny), [
    // 4x4 outputs of 3x3x3 products; 12 filters cost as 16. Bytes: 8x8x3 in, 27x12 + 12 weights, 4x4x12 out.
    { kind: "conv 3x3", work: 16 * 27 * 16, bytes: 4 * (192 + 27 * 12 + 12 + 192) },
    { kind: "depthwiseConv 5x5", work: 16 * 25 * 12, bytes: 4 * (192 + 25 * 12 + 12 + 192) },
    { kind: "add", work: 0, bytes: 4 * 3 * 192 },
    { kind: "averagePool 3x3", work: 0, bytes: 4 * (192 + 48) },
    { kind: "globalAveragePool", work: 0, bytes: 4 * (48 + 12) },
    { kind: "dense", work: 120, bytes: 4 * (12 + 130 + 10) },
  ]);
});

Deno.test("over a real network kernels move the weights once, and every activation once per reader and once more", () => {
  const architecture = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 }).reference(1);
  const kernels = kernelsOf(architecture);
  const work = kernels.reduce((sum, kernel) => sum + kernel.work, 0);
  const exact = countMultiplyAdds(architecture);
  assertEquals(work >= exact && work < 1.5 * exact, true, `${work} of ${exact}`);
  const { nodes } = layoutOf(architecture);
  const readers = (made: number) => nodes.flatMap(({ node }) => node.inputs).filter((input) => input === made).length;
  const activations = nodes.reduce(
    (sum, { outputShape }, index) => sum + (1 + readers(index)) * outputShape.reduce((a, b) => a * b, 1),
    28 * 28 * readers(-1),
  );
  const bytes = kernels.reduce((sum, kernel) => sum + kernel.bytes, 0);
  assertEquals(bytes, countDownloadBytes(architecture) + 4 * activations);
});

Deno.test("features by kind add up to those over all kernels", () => {
  const features = [...featuresOf(tiny).values()];
  for (const quantity of ["launches", "work", "bytes"] as const) {
    const own = features.filter((feature) => feature.quantity === quantity);
    const total = own.find(({ kind }) => kind === undefined)?.value ?? 0;
    const parts = own.filter(({ kind }) => kind !== undefined).reduce((sum, { value }) => sum + value, 0);
    assertAlmostEquals(parts, total, 1e-9);
  }
  assertEquals(featuresOf(tiny).get("launches")?.value, 6);
  assertEquals(featuresOf(tiny).has("work of add"), false);
});
