// The networks that benchmarks train: three mobile students as searches find them, and a plain residual network whose
// dense 3x3 convolutions are the other extreme.
import type { Architecture, ArchitectureNode } from "../src/schemas/architecture.ts";
import { type Block, mobileNetwork } from "../src/spaces/mobile_blocks.ts";

/** 16,586 parameters: a stem and four inverted residuals of expansion 3 on 28x28 grey images. */
function small(): Architecture {
  const block = { convOp: "mbconv3", seRatio: 0, skip: "identity", layers: 1 } as const;
  const blocks: Block[] = [
    { ...block, filters: 16, stride: 1, kernel: 3 },
    { ...block, filters: 24, stride: 2, kernel: 3 },
    { ...block, filters: 24, stride: 1, kernel: 5 },
    { ...block, filters: 40, stride: 2, kernel: 3 },
  ];
  const frame = { stemFilters: 16, headFilters: 40, activation: "relu6" } as const;
  const { nodes, ...rest } = mobileNetwork(blocks, frame, { height: 28, width: 28, channels: 1, classes: 10 });
  // No head convolution: pooling follows the last block.
  const [pool, dense] = nodes.slice(-2);
  const body = nodes.slice(0, -3);
  return {
    ...rest,
    nodes: [...body, { ...pool, inputs: [body.length - 1] }, { ...dense, inputs: [body.length] }],
  };
}

/** Every block squeezes, all but the first with 5x5 depthwise kernels: many small steps on 28x28 grey images. */
function squeeze(): Architecture {
  const block = { kernel: 5, seRatio: 0.25, skip: "identity" } as const;
  const blocks: Block[] = [
    { ...block, convOp: "dconv", kernel: 3, filters: 16, stride: 1, layers: 1 },
    { ...block, convOp: "mbconv3", filters: 24, stride: 2, layers: 2 },
    { ...block, convOp: "mbconv6", filters: 40, stride: 2, layers: 2 },
    { ...block, convOp: "mbconv6", filters: 64, stride: 1, layers: 2 },
  ];
  const frame = { stemFilters: 16, headFilters: 128, activation: "relu" } as const;
  return mobileNetwork(blocks, frame, { height: 28, width: 28, channels: 1, classes: 10 });
}

/** Wide inverted residuals on 32x32 colour images: most of the work is in large matrix products. */
function wide(): Architecture {
  const block = { kernel: 3, seRatio: 0, skip: "identity" } as const;
  const blocks: Block[] = [
    { ...block, convOp: "mbconv3", filters: 32, stride: 1, layers: 2 },
    { ...block, convOp: "mbconv6", filters: 64, stride: 2, layers: 3 },
    { ...block, convOp: "mbconv6", filters: 96, stride: 2, layers: 2 },
  ];
  const frame = { stemFilters: 32, headFilters: 320, activation: "relu6" } as const;
  return mobileNetwork(blocks, frame, { height: 32, width: 32, channels: 3, classes: 10 });
}

/** CIFAR ResNet-20 with shortcuts without parameters (He et al. 2015, 1512.03385, section 4.2). */
function resnet20(): Architecture {
  const nodes: ArchitectureNode[] = [];
  const push = (node: ArchitectureNode): number => nodes.push(node) - 1;
  const convolve = (input: number, filters: number, stride: 1 | 2, activation: "relu" | "none") =>
    push({ op: "conv", inputs: [input], kernel: 3, stride, filters, activation });
  let last = convolve(-1, 16, 1, "relu");
  let channels = 16;
  for (const filters of [16, 32, 64]) {
    for (let block = 0; block < 3; block++) {
      const stride = filters === channels ? 1 : 2;
      const branch = convolve(convolve(last, filters, stride, "relu"), filters, 1, "none");
      const shortcut = stride === 1 ? last : push({ op: "subsample", inputs: [last], stride, channels: filters });
      last = push({ op: "add", inputs: [branch, shortcut], activation: "relu" });
      channels = filters;
    }
  }
  last = push({ op: "globalAveragePool", inputs: [last] });
  push({ op: "dense", inputs: [last], units: 10 });
  return { version: 1, input: { height: 32, width: 32, channels: 3 }, classes: 10, nodes };
}

/** By name; the first three are the mobile students that ratios are the mean over. */
export const students = { small, squeeze, wide, resnet20 } satisfies Record<string, () => Architecture>;

export type StudentName = keyof typeof students;

/** The students of a search's kind. */
export const mobileStudents = ["small", "squeeze", "wide"] as const satisfies readonly StudentName[];
