// Hinton, Vinyals & Dean 2015, "Distilling the Knowledge in a Neural Network" (1503.02531):
// alpha * CE(labels, student) + (1 - alpha) * T^2 * KL(teacher at T || student at T).
import * as tf from "@tensorflow/tfjs";
import { crossEntropy } from "./cross_entropy.ts";
import type { Distiller } from "./distiller.ts";

export interface KdOptions {
  /** T > 0; above 1 it softens both distributions. */
  temperature?: number;
  /** Weight of the labels, 0 to 1. */
  alpha?: number;
}

/** Hinton's distillation. RangeError on a temperature that is not positive or an alpha outside 0 to 1. */
export function kd({ temperature = 4, alpha = 0.1 }: KdOptions = {}): Distiller {
  if (!(temperature > 0)) throw new RangeError(`temperature must be above 0, got ${temperature}`);
  if (!(alpha >= 0 && alpha <= 1)) throw new RangeError(`alpha must be from 0 to 1, got ${alpha}`);
  return {
    name: "kd",
    needs: ["teacherLogits"],
    softTargets: { temperature, alpha },
    loss({ studentLogits, labels, teacherLogits }) {
      if (!teacherLogits) throw new Error("kd needs teacherLogits, got none");
      const logTeacher = tf.logSoftmax(tf.div(teacherLogits, temperature));
      const logStudent = tf.logSoftmax(tf.div(studentLogits, temperature) as tf.Tensor2D);
      const divergence = tf.mean(tf.sum(tf.mul(tf.exp(logTeacher), tf.sub(logTeacher, logStudent)), 1));
      return tf.add(
        tf.mul(crossEntropy(labels, studentLogits), alpha),
        tf.mul(divergence, (1 - alpha) * temperature ** 2),
      );
    },
  };
}
