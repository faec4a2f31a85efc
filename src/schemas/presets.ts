// How much a search spends, by name. An option of the same name wins over the preset's number.
import { z } from "zod";

const count = z.int().min(1);

/** What a search may spend: how many students, and how long each is trained and judged. */
export const budgetSchema = z.strictObject({
  trials: count.max(100_000).meta({ description: "students to sample, train and judge" }),
  trainImages: count.meta({ description: "training images of a sampled student" }),
  epochs: count.max(10_000).meta({ description: "passes of a sampled student over its training images" }),
  batchSize: count.max(4096).meta({ description: "images per training step" }),
  views: count.max(1000).meta({ description: "augmented views per training image that the teacher labels" }),
  validationImages: count.meta({ description: "held-out images that give the accuracy of the reward" }),
  finalTrainImages: count.meta({ description: "training images of the final students" }),
  finalEpochs: count.max(10_000).meta({ description: "passes of a final student over its training images" }),
  teacherTrainImages: count.meta({ description: "training images of the teacher" }),
  teacherEpochs: count.max(10_000).meta({ description: "passes of the teacher over its training images" }),
});

export type Budget = z.infer<typeof budgetSchema>;

/** `smoke`: does it all work? `quick`: minutes on a laptop without a GPU. `standard`: a search worth reporting. */
export const presetSchema = z.enum(["quick", "smoke", "standard"]);

export type PresetName = z.infer<typeof presetSchema>;

export const presets: Readonly<Record<PresetName, Budget>> = {
  smoke: {
    trials: 4,
    trainImages: 1024,
    epochs: 2,
    batchSize: 32,
    views: 2,
    validationImages: 500,
    finalTrainImages: 1536,
    finalEpochs: 2,
    teacherTrainImages: 4096,
    teacherEpochs: 1,
  },
  quick: {
    trials: 24,
    trainImages: 32_000,
    epochs: 1,
    batchSize: 64,
    views: 1,
    validationImages: 2000,
    finalTrainImages: 48_000,
    finalEpochs: 2,
    teacherTrainImages: 48_000,
    teacherEpochs: 2,
  },
  standard: {
    trials: 200,
    trainImages: 20_000,
    epochs: 3,
    batchSize: 64,
    views: 3,
    validationImages: 5000,
    finalTrainImages: 50_000,
    finalEpochs: 15,
    teacherTrainImages: 50_000,
    teacherEpochs: 15,
  },
};
