// What passes between the comparison and its workers, as lines of JSON.
import * as z from "zod";

/** Data and numbers of every training of the comparison: equal for all methods. */
export const recipeSchema = z.strictObject({
  trainImages: z.int(),
  epochs: z.int(),
  batchSize: z.int(),
  views: z.int(),
  peakLearningRate: z.number(),
  validationImages: z.int(),
  teacherTrainImages: z.int(),
  teacherEpochs: z.int(),
});

export type Recipe = z.infer<typeof recipeSchema>;

// Images as they are: at this budget moved ones cost accuracy (see presets.ts), and a teacher's answers hold for all epochs.
export const fullRecipe: Recipe = {
  trainImages: 10_000,
  epochs: 5,
  batchSize: 64,
  views: 1,
  peakLearningRate: 0.01,
  validationImages: 2000,
  teacherTrainImages: 48_000,
  teacherEpochs: 4,
};

const common = { ...recipeSchema.shape, /** Canonical file of the dataset. */ dataset: z.string(), seed: z.int() };

const methodFields = {
  pair: z.string(),
  method: z.string(),
  options: z.record(z.string(), z.unknown()),
  /** Weights files, in order. */
  teachers: z.array(z.string()),
};

export const jobSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("teacher"), ...common, weights: z.string() }),
  z.strictObject({ type: z.literal("train"), ...common, ...methodFields, /** Of networks kept. */ folder: z.string() }),
  /** So many steps of each method, timed one by one in turn. */
  z.strictObject({
    type: z.literal("steps"),
    ...common,
    ...methodFields,
    folder: z.string(),
    steps: z.int().positive(),
  }),
]);

export const replySchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready") }),
  z.strictObject({
    type: z.literal("trained"),
    /** On the whole test part, read once. */
    testAccuracy: z.number(),
    loss: z.number(),
    /** Of all trainings of the method. */
    steps: z.int(),
    seconds: z.number(),
    details: z.record(z.string(), z.unknown()),
  }),
  z.strictObject({ type: z.literal("timed"), msPerStep: z.number() }),
  /** `own`: the method's own fault, the same at every try. */
  z.strictObject({ type: z.literal("failed"), reason: z.string(), own: z.boolean() }),
]);

export type Job = z.infer<typeof jobSchema>;
export type MethodJob = Extract<Job, { type: "train" | "steps" }>;
export type Reply = z.infer<typeof replySchema>;
export type Trained = Extract<Reply, { type: "trained" }>;
