// What passes between the benchmark and its workers, and what is kept, as lines of JSON.
import * as z from "zod";

/** How large the trainings of a setting are. In a transfer the teacher's numbers are those of all trainings on the first data set. */
export const sizesSchema = z.strictObject({
  trainImages: z.int(),
  testImages: z.int(),
  epochs: z.int(),
  teacherImages: z.int(),
  teacherEpochs: z.int(),
  batchSize: z.int(),
  peakLearningRate: z.number(),
});

export type Sizes = z.infer<typeof sizesSchema>;

export const jobSchema = z.strictObject({
  type: z.literal("train"),
  setting: z.string(),
  row: z.string(),
  seed: z.int(),
  sizes: sizesSchema,
  /** Canonical files of the data sets by name. */
  files: z.record(z.string(), z.string()),
});

export type Job = z.infer<typeof jobSchema>;

const scoresSchema = z.record(z.string(), z.number());

export const trainedSchema = z.strictObject({
  type: z.literal("trained"),
  /** Figures on the test images; the first one is the main one. */
  scores: scoresSchema,
  teacher: scoresSchema,
  /** Test accuracy after each epoch, in transfers. */
  accuracyByEpoch: z.array(z.number()),
  loss: z.number(),
  steps: z.int(),
  /** Of the row's own trainings. */
  seconds: z.number(),
});

const failedSchema = z.strictObject({
  type: z.literal("failed"),
  reason: z.string(),
  /** The method's own fault, the same at every try. */
  own: z.boolean(),
});

export const replySchema = z.discriminatedUnion("type", [trainedSchema, failedSchema]);

export type Trained = z.infer<typeof trainedSchema>;
export type Reply = z.infer<typeof replySchema>;

const place = {
  /** Content hash of all that the result depends on. */
  key: z.string(),
  setting: z.string(),
  row: z.string(),
  seed: z.int(),
  /** What code it was made with, see codeHash. */
  code: z.string(),
};

export const recordSchema = z.discriminatedUnion("type", [
  z.strictObject({ ...place, ...trainedSchema.shape }),
  z.strictObject({ ...place, ...failedSchema.shape }),
]);

export type ResultRecord = z.infer<typeof recordSchema>;
