import { assertEquals } from "@std/assert";
import { kernelRows } from "../../bench/kernel_rows.ts";
import { countBytes, countFlops, speedRows } from "../../bench/kernels.ts";
import { students } from "../../bench/students.ts";
import { layoutOf } from "../../src/ops/layout.ts";

// A 3x3 stem 28x28x1 -> 14x14x16, then a 1x1 convolution 14x14x16 -> 14x14x48.
const layout = layoutOf(students.small());
const [stem, expansion] = layout.nodes;

Deno.test("a backward pass has twice the products of a forward pass, but for the images", () => {
  assertEquals(countFlops(expansion, "forward", 2), 2 * 2 * 196 * 16 * 48);
  assertEquals(countFlops(expansion, "backward", 2), 2 * countFlops(expansion, "forward", 2));
  assertEquals(countFlops(stem, "backward", 2), countFlops(stem, "forward", 2));
});

Deno.test("bytes are those of values forward, of values and gradients backward", () => {
  const [input, output] = [4 * 196 * 16, 4 * 196 * 48];
  assertEquals(countBytes(expansion, "forward", 3), 3 * (input + output));
  assertEquals(countBytes(expansion, "backward", 3), 3 * 2 * (input + output));
  assertEquals(countBytes(stem, "backward", 1), 4 * 784 + 2 * input);
  const squeeze = layoutOf(students.squeeze()).nodes.find(({ node }) => node.op === "squeezeExcite");
  assertEquals(squeeze && countBytes(squeeze, "forward", 1), 4 * 196 * 16);
});

Deno.test("speeds are per second, beside the machine's peak", () => {
  const flops = countFlops(expansion, "forward", 64);
  const times = [
    { kernel: "conv", node: 1, direction: "forward", ms: flops / 20e6 } as const,
    { kernel: "adam", node: -1, direction: "update", ms: 0.5 } as const,
  ];
  const [row, adam] = speedRows(layout, times, { batchSize: 64, peak: { gigaflops: 80, gigabytes: 10 } });
  assertEquals([row.gigaflops, row.share, row.shape], [20, 0.25, "1x1/1 14x14x16 -> 14x14x48"]);
  assertEquals([adam.gigaflops, adam.share, adam.gigabytes, adam.shape], [null, null, null, ""]);
});

Deno.test("a profile is summed by op and direction, largest first", () => {
  const rows = kernelRows("small", [
    { kernel: "conv", node: 0, direction: "forward", ms: 1 },
    { kernel: "conv", node: 1, direction: "forward", ms: 2 },
    { kernel: "conv", node: 1, direction: "backward", ms: 6 },
    { kernel: "adam", node: -1, direction: "update", ms: 1 },
  ]);
  assertEquals(
    rows.map(({ kernel, direction, calls, msPerStep, share }) => [kernel, direction, calls, msPerStep, share]),
    [
      ["conv", "backward", 1, 6, 0.6],
      ["conv", "forward", 2, 3, 0.3],
      ["adam", "update", 1, 1, 0.1],
    ],
  );
});
