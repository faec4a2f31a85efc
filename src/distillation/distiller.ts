// The contract of a distillation method that adds to the loss of each step.
import type * as tf from "@tensorflow/tfjs";

/** What a loss may be made from; `batch` is N, `classes` C. */
export interface DistillationBatch {
  /** `[N, C]`, on the gradient tape. */
  studentLogits: tf.Tensor2D;
  /** The student's tapped features, on the gradient tape. */
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
  /** Mean over the batch; called inside a tidy, on the gradient tape. Throws where a needed tensor is missing. */
  loss(batch: DistillationBatch): tf.Scalar;
}
