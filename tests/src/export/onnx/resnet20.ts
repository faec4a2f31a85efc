import type { Architecture, ArchitectureNode } from "../../../../src/schemas/architecture.ts";

/** ResNet-20 for 32x32 images with shortcuts free of parameters: He et al. 2015, 1512.03385, section 4.2. */
export function resnet20(): Architecture {
  const nodes: ArchitectureNode[] = [];
  const push = (node: ArchitectureNode) => nodes.push(node) - 1;
  const conv = (input: number, filters: number, stride: 1 | 2, activation: "relu" | "none") =>
    push({ op: "conv", inputs: [input], kernel: 3, stride, filters, activation });
  let last = conv(-1, 16, 1, "relu");
  for (const [stage, channels] of [16, 32, 64].entries()) {
    for (let block = 0; block < 3; block++) {
      const stride = stage > 0 && block === 0 ? 2 : 1;
      const branch = conv(conv(last, channels, stride, "relu"), channels, 1, "none");
      const shortcut = stride === 1 ? last : push({ op: "subsample", inputs: [last], stride, channels });
      last = push({ op: "add", inputs: [branch, shortcut], activation: "relu" });
    }
  }
  push({ op: "dense", inputs: [push({ op: "globalAveragePool", inputs: [last] })], units: 10 });
  return { version: 1, input: { height: 32, width: 32, channels: 3 }, classes: 10, nodes };
}
