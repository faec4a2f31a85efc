// The contract of a task beyond classification: a head in tfjs on a student's taps, its own loss and its own score, on
// data made from the bundled digits. The body of the network is a student like any other, so methods meet the same taps.
import type * as tf from "@tensorflow/tfjs";
import type { TaskName } from "../distillation/distiller.ts";
import type { NetworkTaps } from "../distillation/taps.ts";

/** Values of a batch or of a whole set, outermost first: `[count, ...]`. */
export interface Values {
  values: Float32Array;
  shape: readonly number[];
}

/** Images with what is known of them. */
export interface TaskSet {
  count: number;
  /** `[count, height, width, channels]`, normalised. */
  images: Float32Array;
  /** Class of each image where it has one; zeros elsewhere. */
  labels: Int32Array;
  /** What losses compare with, for these images: `[indices.length, ...]` by name. */
  targets(indices: ArrayLike<number>): Record<string, Values>;
}

export interface TaskData {
  height: number;
  width: number;
  channels: number;
  train: TaskSet;
  test: TaskSet;
}

/** The trainable end of a network. Owns its variables: call `dispose`. */
export interface Head {
  /** Taps of the body that it reads (`embedding`, `stage3`, ...). */
  features: readonly string[];
  variables: readonly tf.Variable[];
  /**
   * Outputs by name from features by tap; inside a tidy, on the tape in training. `targets` are given in training alone, to
   * student and teachers alike: what they say of places to look at (the proposals of a two-stage detector), both then share.
   */
  outputs(features: Record<string, tf.Tensor>, targets?: Record<string, tf.Tensor>): Record<string, tf.Tensor>;
  dispose(): void;
}

export interface Task {
  name: TaskName;
  summary: string;
  /** Makes the data anew from the digits: same seed, same data. */
  makeData(options: { seed: number; trainImages: number; testImages: number }): TaskData | Promise<TaskData>;
  createHead(taps: NetworkTaps, options: { data: TaskData; seed: number }): Head;
  /** Mean over the batch. */
  loss(outputs: Record<string, tf.Tensor>, targets: Record<string, tf.Tensor>): tf.Scalar;
  /** Figures of a whole set from its outputs, by name; the first one is the main one. */
  score(outputs: Record<string, Values>, set: TaskSet): Record<string, number>;
  /** Whether more of the main figure is better. */
  higherIsBetter: boolean;
}
