// What passes between the claims and their workers, as lines of JSON.
import * as z from "zod";
import { architectureSchema } from "../../src/schemas/architecture.ts";

/** What is done to a dataset before it is learned from; validation and test part keep their labels. */
export const variantSchema = z.discriminatedUnion("name", [
  z.strictObject({ name: z.literal("whole") }),
  /** So large a share of the training labels is drawn anew. */
  z.strictObject({ name: z.literal("noisy-labels"), share: z.number().gt(0).lt(1) }),
  /** Classes below `classes` are learned, images of the others are told apart by the embedding. */
  z.strictObject({ name: z.literal("open-set"), classes: z.int().min(2) }),
]);

export type Variant = z.infer<typeof variantSchema>;

export const jobSchema = z.strictObject({
  type: z.literal("train"),
  /** Canonical file of the dataset. */
  dataset: z.string(),
  variant: variantSchema,
  validationImages: z.int().positive(),
  architecture: architectureSchema,
  seed: z.int(),
  trainImages: z.int().positive(),
  epochs: z.int().positive(),
  batchSize: z.int().positive(),
  peakLearningRate: z.number().positive(),
  method: z.string(),
  options: z.record(z.string(), z.unknown()),
  /** Weights files, in order. */
  teachers: z.array(z.string()),
  /** A network whose weights the student inherits; see src/models/inherit.ts. */
  startFrom: z.string().optional(),
  /** Whether to score on the test part, too. */
  test: z.boolean(),
  /** Where the weights go. */
  weights: z.string().optional(),
  /** Where the test part's logits go, `[images, classes]` of 32-bit numbers. */
  logits: z.string().optional(),
  /** Of teachers' answers. */
  cacheDir: z.string(),
});

export const replySchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready") }),
  z.strictObject({
    type: z.literal("trained"),
    /** On the validation part. */
    accuracy: z.number(),
    testAccuracy: z.number().optional(),
    /** Open-set verification: the chance that a pair of one unseen class is nearer than one of two. */
    verification: z.number().optional(),
    loss: z.number(),
    seconds: z.number(),
  }),
  /** `own`: the training's own fault, the same at every try. */
  z.strictObject({ type: z.literal("failed"), reason: z.string(), own: z.boolean() }),
]);

export type Job = z.infer<typeof jobSchema>;
export type Reply = z.infer<typeof replySchema>;
export type Trained = Extract<Reply, { type: "trained" }>;

/** Results on disk: replies by what they depend on. */
export const recordSchema = z.discriminatedUnion("type", [
  z.strictObject({ key: z.string(), code: z.string(), ...replySchema.options[1].shape }),
  z.strictObject({ key: z.string(), code: z.string(), ...replySchema.options[2].shape }),
]);

export type TrainingRecord = z.infer<typeof recordSchema>;
