// The contract of a distillation method that adds to the loss of each step. A method is a definition (one file, one row in
// table.ts), made into a distiller by its options, and into a distillation by the networks that it meets.
import type * as tf from "@tensorflow/tfjs";
import type * as z from "zod";
import type { SoftTargets } from "../engine/network.ts";
import type { NetworkTaps } from "./taps.ts";

/** What networks are trained for; classification is the task of searches. */
export const taskNames = ["classification", "retrieval", "detection", "segmentation", "depth", "regression"] as const;
export type TaskName = typeof taskNames[number];

/** What a method asks of a teacher. `before`: values before the activation at stage ends. */
export type TeacherNeed = "logits" | "stages" | "before" | "embedding" | "imageGradient";

/** A network's answer to a batch of N images. */
export interface NetworkBatch {
  /** What the task's head gives, by name; classification: `logits` `[N, classes]`. */
  outputs: Record<string, tf.Tensor>;
  /**
   * Features by tap: `stage2` `[N, height, width, channels]`, `embedding` `[N, channels]`; `stage2:before` is the one before
   * its activation.
   */
  features: Record<string, tf.Tensor>;
}

/** What a loss may be made from. All tensors are the caller's. */
export interface DistillationBatch {
  /** On the gradient tape. */
  student: NetworkBatch;
  /** Constants, in the order of the context's teachers. */
  teachers: readonly NetworkBatch[];
  /** What the task's own loss compares with, by name; classification: `labels` `[N, classes]`, one-hot. */
  targets: Record<string, tf.Tensor>;
  /** Places of the images in the training part. */
  positions: Uint32Array;
  /** Share of the phase that is over, from 0 up to below 1. */
  progress: number;
}

/** The networks and the training that a method meets. */
export interface DistillationContext {
  task: TaskName;
  student: NetworkTaps;
  teachers: readonly NetworkTaps[];
  batchSize: number;
  trainImages: number;
  /** Class number of each position of the training part, where images have one. */
  labels: ArrayLike<number>;
  seed: number;
  /** A teacher's output on each position of the training part as it is (view 0), flat. */
  trainingOutputs(teacher: number): Promise<Float32Array>;
  /** Targets of all positions, by name as in a batch, flat; absent in classification, which has `labels`. */
  trainingTargets?(): Record<string, Float32Array>;
}

export type SoftTargetNumbers = Readonly<Pick<SoftTargets, "temperature" | "alpha">>;

/** A stretch of a training with one loss. The weights go over to the next, the learning rate's schedule starts anew. */
export interface Phase {
  name: string;
  /** Share of the training's steps; those of all phases sum up to 1. */
  share: number;
  /** Weight of the task's own loss (cross-entropy with the labels), by progress where it changes; 0: not taken. */
  taskWeight: number | ((progress: number) => number);
  /** Taps of the student, and of each teacher, that the term reads. */
  studentFeatures?: readonly string[];
  teacherFeatures?: readonly (readonly string[])[];
  /** Whether the term reads the student's outputs. */
  readsOutputs?: boolean;
  /** Trained beside the student: connectors, regressors, heads. They belong to the distillation. */
  variables?: readonly tf.Variable[];
  /** Only nodes up to and including this tap are trained, only those after that one. */
  trainedUpTo?: string;
  trainedAfter?: string;
  /**
   * Says that task loss and term together are exactly the engines' own `softTargetLoss` with these numbers and the first
   * teacher's logits, which then stands in for them: no tensors are made. A test compares the two.
   */
  softTargets?: SoftTargetNumbers;
  /**
   * What is added to the weighted task loss: mean over the batch, called inside a tidy on the gradient tape. Absent: nothing.
   */
  term?(batch: DistillationBatch): tf.Scalar;
  /** Called after each step with the same batch, outside the tape, inside a tidy: memory banks and the like. */
  afterStep?(batch: DistillationBatch): void;
  /** Gradient attention (see gradient_attention.ts): the weight of the squared difference of image gradients. */
  imageGradientWeight?: number;
}

/** A method that has met its networks. Owns variables and banks: call `dispose`. */
export interface Distillation {
  readonly phases: readonly Phase[];
  dispose(): void;
}

/** A method with its options. */
export interface Distiller {
  readonly name: string;
  readonly tasks: readonly TaskName[];
  readonly needs: readonly TeacherNeed[];
  /** What the first teacher must give besides. */
  readonly firstNeeds?: readonly TeacherNeed[];
  /** How many teachers it takes. */
  readonly teachers: { least: number; most: number };
  /** Says that `prepare` and its phases make no tensors, so that tfjs need not be started. */
  readonly withoutTensors?: true;
  /** Called where tfjs is ready, outside any tidy. Throws a RangeError where the networks cannot be brought together. */
  prepare(context: DistillationContext): Distillation | Promise<Distillation>;
}

/** A row of the table of methods. */
export interface DistillerDefinition<Options extends z.ZodObject = z.ZodObject> {
  name: string;
  /** A line for lists. */
  summary: string;
  /** Where it is from: arXiv number or DOI. */
  paper: string;
  tasks: readonly TaskName[];
  /** Options with their defaults and descriptions; a weight of the term is always called `weight`. */
  options: Options;
  create(options: z.output<Options>): Distiller;
}

/** A row whose `create` leaves out what the row says already. */
export function defineDistiller<Options extends z.ZodObject>(
  row: Omit<DistillerDefinition<Options>, "create"> & {
    create(options: z.output<Options>): Omit<Distiller, "name" | "tasks">;
  },
): DistillerDefinition<Options> {
  const { name, tasks } = row;
  return { ...row, create: (options) => ({ name, tasks, ...row.create(options) }) };
}
