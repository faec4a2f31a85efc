// The contract of a distillation method that adds to the loss of each step.
import type * as tf from "@tensorflow/tfjs";
import type { SoftTargets } from "../engine/network.ts";

/** What a loss may be made from; `batch` is N, `classes` C. */
export interface DistillationBatch {
  /** `[N, C]`, on the gradient tape. */
  studentLogits: tf.Tensor2D;
  /** The features that `studentFeatures` of the distiller names, on the gradient tape. */
  studentFeatures: Record<string, tf.Tensor>;
  /** `[N, C]` one-hot. */
  labels: tf.Tensor2D;
  /** `[N, C]`, constant; present where `needs` asks for it. */
  teacherLogits?: tf.Tensor2D;
}

/** Tensors of the teacher that a method needs. */
export type TeacherNeed = "teacherLogits";

export interface Distiller {
  readonly name: string;
  readonly needs: readonly TeacherNeed[];
  /**
   * Features of the student that the loss reads besides the logits, by tap: `stage2` `[N, height, width, channels]`,
   * `embedding` `[N, channels]`; `stage2:before` is the one before its activation. Absent: none.
   */
  readonly studentFeatures?: readonly string[];
  /**
   * Says that the loss is exactly the engines' own `softTargetLoss` with these numbers, which then stands in for `loss`:
   * no tensors are made. A test compares the two.
   */
  readonly softTargets?: Readonly<Pick<SoftTargets, "temperature" | "alpha">>;
  /** Mean over the batch; called inside a tidy, on the gradient tape. Throws where a needed tensor is missing. */
  loss(batch: DistillationBatch): tf.Scalar;
}
