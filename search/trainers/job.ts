// What passes between the pool and a trainer process, as JSON lines: jobs one way, replies the other.
import * as z from "zod";
import { architectureSchema } from "../../src/schemas/architecture.ts";
import { teacherAdaptationFields } from "../../src/schemas/teacher_fields.ts";

const data = {
  /** Prepared dataset file. */
  dataset: z.string(),
  dataSeed: z.int(),
  validationImages: z.int().positive(),
};

/** A teacher that the trainer opens. */
const teacherSchema = z.strictObject({
  name: z.string(),
  file: z.string(),
  /** Of an automatic teacher's file; one of the user's has none here. */
  hash: z.string().optional(),
});

const teaching = {
  teachers: z.array(teacherSchema),
  /** How the user's teachers are adapted to the data. */
  adaptation: z.strictObject(teacherAdaptationFields),
};

const trainJobSchema = z.strictObject({
  kind: z.literal("train"),
  ...data,
  architecture: architectureSchema,
  seed: z.int(),
  trainImages: z.int().positive(),
  epochs: z.int().positive(),
  batchSize: z.int().positive(),
  views: z.int().positive(),
  peakLearningRate: z.number().positive(),
  distiller: z.string(),
  distillerOptions: z.record(z.string(), z.unknown()),
  /** Folder of the teacher's cached logits, where they are all that the distiller needs. */
  teacherLogits: z.string().optional(),
  /** Teachers to open, in place of logits. */
  teaching: z.strictObject(teaching).optional(),
  /** Checkpoint of another network, safetensors, whose weights the student inherits as far as they fit. */
  startFrom: z.string().optional(),
  /** Folder of what is kept between trainings: what teachers say, networks that procedures train. */
  cacheDir: z.string().optional(),
  /** What is kept there from before this time, in milliseconds since 1970, is made anew. */
  freshSince: z.number().optional(),
  /** Where the trained weights go, as safetensors. */
  weights: z.string(),
  /** Whether to score on the test part too. */
  test: z.boolean(),
  /** Of the processor, where nothing else runs at the time; default 1. */
  threads: z.int().positive().optional(),
});

const logitsJobSchema = z.strictObject({
  kind: z.literal("logits"),
  ...data,
  /** The teacher's safetensors file. */
  teacher: z.string(),
  /** Folder of the logit cache. */
  folder: z.string(),
  view: z.int().min(0),
  block: z.int().min(0),
});

/** Opens the user's teachers, to see what they are. */
const teachersJobSchema = z.strictObject({
  kind: z.literal("teachers"),
  ...data,
  ...teaching,
  batchSize: z.int().positive(),
  /** Whether to score on the test part too. */
  test: z.boolean().optional(),
});

export const jobSchema = z.discriminatedUnion("kind", [trainJobSchema, logitsJobSchema, teachersJobSchema]);

const trainedSchema = z.strictObject({
  /** On the validation part. */
  accuracy: z.number(),
  testAccuracy: z.number().optional(),
  steps: z.int(),
  seconds: z.number(),
  loss: z.number(),
  /** Share of the parameters that it started from of those of `startFrom`, where that was given. */
  inherited: z.number().optional(),
  /** Backend that it was trained on. */
  backend: z.string(),
});

export const replySchema = z.discriminatedUnion("type", [
  /** An engine was started: at first, and in place of a lost one. `reason`: why this one. */
  z.strictObject({ type: z.literal("ready"), backend: z.string(), description: z.string(), reason: z.string() }),
  z.strictObject({ type: z.literal("progress"), step: z.int(), steps: z.int() }),
  z.strictObject({ type: z.literal("trained"), result: trainedSchema }),
  z.strictObject({ type: z.literal("done") }),
  z.strictObject({
    type: z.literal("opened"),
    /** In order; accuracies are absent where a teacher knows the training images alone. */
    teachers: z.array(
      z.strictObject({
        name: z.string(),
        hash: z.string(),
        gives: z.array(z.string()),
        /** Absent where it answers to all. */
        views: z.int().optional(),
        accuracy: z.number().optional(),
        testAccuracy: z.number().optional(),
      }),
    ),
  }),
  /**
   * `student`: the fault is the student's own, trying again would end the same. `storage`: it is the disk's, which says
   * nothing of the student. `teacher`: one of the teachers to be opened does not do.
   */
  z.strictObject({
    type: z.literal("failed"),
    reason: z.string(),
    student: z.boolean(),
    storage: z.literal(true).optional(),
    teacher: z.literal(true).optional(),
  }),
]);

export type TrainJob = z.infer<typeof trainJobSchema>;
export type TeachersJob = z.infer<typeof teachersJobSchema>;
export type LogitsJob = z.infer<typeof logitsJobSchema>;
export type Job = z.infer<typeof jobSchema>;
export type Trained = z.infer<typeof trainedSchema>;
export type Reply = z.infer<typeof replySchema>;
export type OpenedTeachers = Extract<Reply, { type: "opened" }>["teachers"];
