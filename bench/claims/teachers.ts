// Who teaches. Two families of networks, so that what a teacher prefers can be told from what a teacher is.
import type { DatasetName } from "../../src/data/table.ts";
import type { Architecture } from "../../src/schemas/architecture.ts";
import { type Block, mobileNetwork } from "../../src/spaces/mobile_blocks.ts";
import type { SpaceOptions } from "../../src/spaces/space.ts";
import { teacherNetwork } from "../distillation/networks.ts";
import type { Variant } from "./job.ts";
import type { Lab, TrainingRequest } from "./lab.ts";
import { teacherNumbers } from "./recipe.ts";

/** A wide mobile network: depthwise kernels of 5, squeeze-and-excite, and no full convolution but the stem. */
function mobileTeacher(io: SpaceOptions): Architecture {
  const block = { convOp: "mbconv3", kernel: 5, seRatio: 0.25, skip: "identity" } as const;
  const blocks: Block[] = [
    { ...block, filters: 24, layers: 1, stride: 2 },
    { ...block, filters: 40, layers: 2, stride: 2 },
    { ...block, filters: 64, layers: 2, stride: 1 },
  ];
  return mobileNetwork(blocks, { stemFilters: 16, headFilters: 192, activation: "relu" }, io);
}

const families = { residual: teacherNetwork, mobile: mobileTeacher } satisfies Record<
  string,
  (io: SpaceOptions) => Architecture
>;

export type TeacherFamily = keyof typeof families;

export interface TeacherSpecification {
  family: TeacherFamily;
  /** Networks of one family differ by their seed. */
  index: number;
  dataset?: DatasetName;
  variant?: Variant;
  /** In place of those of the recipe: what the teachers of little data see. */
  trainImages?: number;
}

/** The training that gives a teacher. Its test accuracy and test logits are kept. */
export async function teacherRequest(
  lab: Pick<Lab, "io">,
  { dataset = "fashion-mnist", family, index, trainImages, variant = { name: "whole" } }: TeacherSpecification,
): Promise<TrainingRequest> {
  const io = await lab.io(dataset);
  const epochs = trainImages === undefined
    ? teacherNumbers.epochs
    // As many steps as a quarter of the whole recipe has, within reason: little data is seen more often.
    : Math.min(24, Math.ceil(teacherNumbers.epochs * teacherNumbers.trainImages / trainImages / 4));
  return {
    dataset,
    variant,
    architecture: families[family](io),
    seed: 1000 + index,
    numbers: { ...teacherNumbers, epochs, ...(trainImages !== undefined && { trainImages }) },
    method: "none",
    teachers: [],
    test: true,
    keepWeights: true,
  };
}
