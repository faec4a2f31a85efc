// The networks of the comparison: so small that a training takes seconds, since a method takes twenty of them.
import type { Architecture, ArchitectureNode } from "../../src/schemas/architecture.ts";
import { type Block, mobileNetwork } from "../../src/spaces/mobile_blocks.ts";
import { createMnasSpace } from "../../src/spaces/mnas.ts";
import type { SpaceOptions } from "../../src/spaces/space.ts";

/**
 * A residual network (1512.03385) for images as given: a stem with stride 2, and after it stages with stride 2, each a
 * convolution and `blocks` residual blocks. Stage ends are tapped as in students of searches, the stem as `stage1`.
 */
export function residualNetwork(
  { stem, stages, blocks }: { stem: number; stages: readonly number[]; blocks: number },
  io: SpaceOptions,
): Architecture {
  const { height, width, channels, classes } = io;
  const nodes: ArchitectureNode[] = [];
  const conv = (input: number, filters: number, stride: 1 | 2, activation: "relu" | "none"): number =>
    nodes.push({ op: "conv", inputs: [input], kernel: 3, stride, filters, activation }) - 1;
  let last = conv(-1, stem, 2, "relu");
  nodes[last].tap = "stage1";
  for (const [index, filters] of stages.entries()) {
    last = conv(last, filters, 2, "relu");
    for (let block = 0; block < blocks; block++) {
      const branch = conv(conv(last, filters, 1, "relu"), filters, 1, "none");
      last = nodes.push({ op: "add", inputs: [branch, last], activation: "relu" }) - 1;
    }
    nodes[last].tap = `stage${index + 2}`;
  }
  last = nodes.push({ op: "globalAveragePool", inputs: [last], tap: "embedding" }) - 1;
  nodes.push({ op: "dense", inputs: [last], units: classes });
  return { version: 1, input: { height, width, channels }, classes, nodes };
}

/** The teacher of both pairs. */
export function teacherNetwork(io: SpaceOptions): Architecture {
  return residualNetwork({ stem: 16, stages: [32, 64], blocks: 1 }, io);
}

function mobileStudent(io: SpaceOptions): Architecture {
  const block = { kernel: 3, seRatio: 0, skip: "identity", layers: 1 } as const;
  const blocks: Block[] = [
    { ...block, convOp: "dconv", filters: 12, stride: 1 },
    { ...block, convOp: "mbconv3", filters: 24, stride: 2 },
    { ...block, convOp: "mbconv3", filters: 32, stride: 2 },
  ];
  return mobileNetwork(blocks, { stemFilters: 12, headFilters: 64, activation: "relu" }, io);
}

/** Students by pair: one of the teacher's own kind, and one of another. */
export const students = {
  residual: (io: SpaceOptions): Architecture => residualNetwork({ stem: 8, stages: [16, 32], blocks: 1 }, io),
  mobile: mobileStudent,
} satisfies Record<string, (io: SpaceOptions) => Architecture>;

export type PairName = keyof typeof students;

export const pairNames = Object.keys(students) as [PairName, ...PairName[]];

/** Students whose steps are timed: those of the pairs, and the network that searches start from, which is larger. */
export const timedStudents = {
  ...students,
  reference: (io: SpaceOptions): Architecture => createMnasSpace(io).reference(1),
} satisfies Record<string, (io: SpaceOptions) => Architecture>;

export const timedNames = Object.keys(timedStudents) as (keyof typeof timedStudents)[];
