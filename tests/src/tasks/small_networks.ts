// Bodies that are trained in a second.
import type { Architecture } from "../../../src/schemas/architecture.ts";

/** Three convolutions of stride 2, `stage1` to `stage3`, and the `embedding`; an own last layer of `classes`. */
export function smallBody(
  { height, width, channels }: { height: number; width: number; channels: number },
  { filters = 8, classes = 1 }: { filters?: number; classes?: number } = {},
): Architecture {
  const conv = { op: "conv", kernel: 3, stride: 2, activation: "relu" } as const;
  return {
    version: 1,
    input: { height, width, channels },
    classes,
    nodes: [
      { ...conv, inputs: [-1], filters, tap: "stage1" },
      { ...conv, inputs: [0], filters: 2 * filters, tap: "stage2" },
      { ...conv, inputs: [1], filters: 4 * filters, tap: "stage3" },
      { op: "globalAveragePool", inputs: [2], tap: "embedding" },
      { op: "dense", inputs: [3], units: classes },
    ],
  };
}
