// How much a search spends, by name. An option of the same name wins over the preset's number.
import * as z from "zod";
import { profileSchema } from "./measurement.ts";

const count = z.int().min(1);

/** What a search may spend: how many students, how long each is trained and judged, how well targets are measured. */
export const budgetSchema = z.strictObject({
  trials: count.max(100_000).meta({ description: "students to sample, train and judge" }),
  trainImages: count.meta({ description: "training images of a sampled student" }),
  epochs: count.max(10_000).meta({ description: "passes of a sampled student over its training images" }),
  batchSize: count.max(4096).meta({ description: "images per training step" }),
  views: count.max(1000).meta({ description: "views per training image, the first as it is; 1 for no augmentation" }),
  validationImages: count.meta({ description: "held-out images that give the accuracy of the reward" }),
  finalTop: z.int().min(0).max(1000).meta({
    description: "best students to train longer and score on the test images; 0 for none",
  }),
  finalSample: z.int().min(0).max(1000).meta({
    description: "further students, drawn at random, to train as long: how well do short trainings tell who is good?",
  }),
  finalTrainImages: count.meta({ description: "training images of the final students" }),
  finalEpochs: count.max(10_000).meta({ description: "passes of a final student over its training images" }),
  teacherTrainImages: count.meta({ description: "training images of the teacher, or of a backbone that grows" }),
  teacherEpochs: count.max(10_000).meta({
    description: "passes of the teacher, or of a backbone that grows, over its training images",
  }),
  foresee: z.boolean().meta({
    description:
      "do not time or train students that could not be the best even if they were right on every image, or that " +
      "break --max-latency-ms, at the latency that a model learned from those timed so far foresees with 90 %, hardly " +
      "any by the rewards soft and absolute; students surely slower than about target / best reward are then never " +
      "timed, so the front ends there",
  }),
  targetProfile: profileSchema.meta({
    description: "the profile that times the reference networks, from which targets come",
  }),
});

export type Budget = z.infer<typeof budgetSchema>;

/**
 * `smoke`: does it all work? `quick`: minutes on a laptop without a GPU. `standard`: a search worth reporting, hours.
 * `paper`: as MnasNet searched (arXiv 1807.11626), days to weeks of one machine.
 */
export const presetSchema = z.enum(["quick", "smoke", "standard", "paper"]);

export type PresetName = z.infer<typeof presetSchema>;

// Measured on small students of Fashion-MNIST, in points of accuracy after as many images seen: images as they are win
// over moved ones 5 after 32,000 and still 1.5 to 2 after 192,000; batches of 32 over 64 0.5, at nearly the same time
// per image on a processor; new images over a second epoch 0.1 to 0.8. So a sampled student sees many images once, but
// for the presets of reports, whose trainings are long enough for the learning rate to come down over several epochs.
export const presets: Readonly<Record<PresetName, Budget>> = {
  smoke: {
    trials: 4,
    trainImages: 4096,
    epochs: 1,
    batchSize: 32,
    views: 1,
    validationImages: 500,
    finalTop: 3,
    finalSample: 0,
    finalTrainImages: 8192,
    finalEpochs: 1,
    teacherTrainImages: 8192,
    teacherEpochs: 1,
    foresee: false,
    targetProfile: "fast",
  },
  quick: {
    trials: 24,
    trainImages: 32_000,
    epochs: 1,
    batchSize: 32,
    views: 1,
    validationImages: 2000,
    finalTop: 3,
    finalSample: 0,
    finalTrainImages: 48_000,
    finalEpochs: 3,
    teacherTrainImages: 48_000,
    teacherEpochs: 3,
    foresee: false,
    targetProfile: "fast",
  },
  standard: {
    trials: 200,
    trainImages: 20_000,
    epochs: 5,
    batchSize: 64,
    views: 3,
    validationImages: 5000,
    finalTop: 3,
    finalSample: 10,
    finalTrainImages: 50_000,
    finalEpochs: 15,
    teacherTrainImages: 50_000,
    teacherEpochs: 15,
    foresee: true,
    targetProfile: "standard",
  },
  // Some 8,000 samples of 5 epochs over all training images, the best 15 trained in full. Every student is timed: the
  // paper foresaw nothing.
  paper: {
    trials: 8000,
    trainImages: 50_000,
    epochs: 5,
    batchSize: 64,
    views: 5,
    validationImages: 5000,
    finalTop: 15,
    finalSample: 15,
    finalTrainImages: 50_000,
    finalEpochs: 60,
    teacherTrainImages: 50_000,
    teacherEpochs: 60,
    foresee: false,
    targetProfile: "standard",
  },
};

/** What a field of the budget is without an option, for help: "by preset: 4 for smoke, 24 for quick, ...". */
export function byPreset(field: keyof Budget): string {
  const names = new Map<string, string[]>();
  for (const [name, budget] of Object.entries(presets)) {
    const value = budget[field];
    const text = typeof value === "boolean" ? (value ? "on" : "off") : String(value);
    names.set(text, [...names.get(text) ?? [], name]);
  }
  const parts = [...names].map(([text, of]) => `${text} for ${of.join(" and ").replace(/ and (?=.* and )/g, ", ")}`);
  return `by preset: ${parts.join("; ")}`;
}

/** What a preset says beside its budget; an option of the same name wins. */
export const presetChoices: Readonly<Partial<Record<PresetName, { reward: "soft"; controllerBatch: number }>>> = {
  paper: { reward: "soft", controllerBatch: 20 },
};

/**
 * Trials per batch of a controller, where nobody says how many, in a search of `trials`: about an eighth, and even, since
 * two trainers would be busy with three students as long as with four.
 */
export function defaultControllerBatch(trials: number): number {
  return Math.min(20, Math.max(2, 2 * Math.round(trials / 16)));
}
