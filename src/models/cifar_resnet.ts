// Residual networks for 32x32 images: He et al. 2015, 1512.03385, section 4.2. Depth 6n + 2: three stages of n blocks.
import type { Architecture, ArchitectureNode } from "../schemas/architecture.ts";

export interface CifarResnetOptions {
  /** 6n + 2: 20, 32, 44, 56, 110, ... */
  depth: number;
  classes?: number;
  /** Even in both directions down to the last stage where `padding` is "centred". */
  input?: Architecture["input"];
  /** Filters of the three stages. */
  widths?: readonly [number, number, number];
  /** "subsample": without parameters, as in the paper's option A; "projection": 1x1 convolutions, its option B. */
  shortcut?: "subsample" | "projection";
  /**
   * How strided convolutions pad. "same": as TensorFlow, 3x3 kernels. "centred": one pixel on every side, as published
   * PyTorch weights expect: a 5x5 kernel whose upper left 3x3 alone are not zero looks at exactly those pixels where
   * sizes are even.
   */
  padding?: "same" | "centred";
}

/** Nodes in order: stem, then per block both convolutions, the shortcut where it is one, the sum; pooling, classifier. */
export function cifarResnet(options: CifarResnetOptions): Architecture {
  const { depth, classes = 10, widths = [16, 32, 64], shortcut = "subsample", padding = "same" } = options;
  const input = options.input ?? { height: 32, width: 32, channels: 3 };
  const blocks = (depth - 2) / 6;
  if (!(Number.isInteger(blocks) && blocks >= 1)) {
    throw new RangeError(`the depth of a CIFAR ResNet is 6n + 2 (20, 32, 44, 56, 110), got ${depth}`);
  }
  if (padding === "centred" && (input.height % 4 !== 0 || input.width % 4 !== 0)) {
    throw new RangeError(`centred padding takes sizes that are multiples of 4, got ${input.height}x${input.width}`);
  }
  const nodes: ArchitectureNode[] = [];
  const push = (node: ArchitectureNode) => nodes.push(node) - 1;
  const conv = (from: number, filters: number, stride: 1 | 2, activation: "relu" | "none") => {
    const kernel = stride === 2 && padding === "centred" ? 5 : 3;
    return push({ op: "conv", inputs: [from], kernel, stride, filters, activation });
  };
  let last = conv(-1, widths[0], 1, "relu");
  for (const [stage, filters] of widths.entries()) {
    for (let block = 0; block < blocks; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const branch = conv(conv(last, filters, stride, "relu"), filters, 1, "none");
      let across = last;
      if (stride === 2) {
        across = shortcut === "subsample"
          ? push({ op: "subsample", inputs: [last], stride, channels: filters })
          : push({ op: "conv", inputs: [last], kernel: 1, stride, filters, activation: "none" });
      }
      last = push({
        op: "add",
        inputs: [branch, across],
        activation: "relu",
        ...(block === blocks - 1 && { tap: `stage${stage + 1}` }),
      });
    }
  }
  last = push({ op: "globalAveragePool", inputs: [last], tap: "embedding" });
  push({ op: "dense", inputs: [last], units: classes });
  return { version: 1, input, classes, nodes };
}
