// Hinton, Vinyals & Dean 2015, "Distilling the Knowledge in a Neural Network" (1503.02531):
// alpha * CE(labels, student) + (1 - alpha) * T^2 * KL(teacher at T || student at T).
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { defineDistiller } from "./distiller.ts";

/** T^2 * KL(teacher at T || student at T), mean over the batch; logits `[N, C]`. */
export function softDivergence(teacher: tf.Tensor, student: tf.Tensor, temperature: number): tf.Scalar {
  const logTeacher = tf.logSoftmax(tf.div(teacher, temperature));
  const logStudent = tf.logSoftmax(tf.div(student, temperature));
  const divergence = tf.sum(tf.mul(tf.exp(logTeacher), tf.sub(logTeacher, logStudent)), -1);
  return tf.mul(tf.mean(divergence), temperature ** 2);
}

export const temperatureOption = z.number().positive().max(1000).describe("softens both distributions above 1");
export const alphaOption = z.number().min(0).max(1).describe("weight of the labels; the teacher has the rest");

export const kd = defineDistiller({
  name: "kd",
  summary: "the teacher's softened probabilities",
  paper: "1503.02531",
  tasks: ["classification"],
  options: z.strictObject({ temperature: temperatureOption.default(4), alpha: alphaOption.default(0.1) }),
  create: ({ temperature, alpha }) => ({
    needs: ["logits"],
    teachers: { least: 1, most: 1 },
    withoutTensors: true,
    prepare: () => ({
      phases: [{
        name: "kd",
        share: 1,
        taskWeight: alpha,
        readsOutputs: true,
        softTargets: { temperature, alpha },
        term: ({ student, teachers: [teacher] }) =>
          tf.mul(softDivergence(teacher.outputs.logits, student.outputs.logits, temperature), 1 - alpha),
      }],
      dispose() {},
    }),
  }),
});
