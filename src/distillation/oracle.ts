// Kang, Mun & Han 2019, "Towards Oracle Knowledge Distillation with Neural Architecture Search" (1911.13019): an image is
// taught by those of several teachers that get it right, by its label where none does.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { asFloat } from "./as_float.ts";
import { defineDistiller } from "./distiller.ts";
import { temperatureOption } from "./kd.ts";

export interface OracleTarget {
  /** `[N, 1]`: 1 where at least one teacher is right. */
  known: tf.Tensor;
  /** `[N, C]`: mean of the right teachers' softened probabilities, zeros where none is right. */
  target: tf.Tensor;
  /** `[N]`: mean of sum q log q over the right teachers, zero where none is. */
  negativeEntropy: tf.Tensor;
}

/** What the teachers with logits `[K, N, C]` say of images with one-hot `labels` `[N, C]`. */
export function oracleTarget(logits: tf.Tensor3D, labels: tf.Tensor, temperature: number): OracleTarget {
  const right = tf.expandDims(
    asFloat(tf.equal(tf.argMax(logits, -1), tf.expandDims(tf.argMax(labels, -1), 0))),
    -1,
  );
  const count = tf.sum(right, 0);
  const shares = tf.div(right, tf.maximum(count, 1));
  const logTeacher = tf.logSoftmax(tf.div(logits, temperature));
  const weighted = tf.mul(tf.exp(logTeacher), shares);
  return {
    known: tf.minimum(count, 1),
    target: tf.sum(weighted, 0),
    negativeEntropy: tf.sum(tf.sum(tf.mul(weighted, logTeacher), 0), -1),
  };
}

/**
 * Mean over the batch of T^2 * (mean over the right teachers of KL(q || p)), or of the cross-entropy with the label where no
 * teacher is right. `student` `[N, C]` logits.
 */
export function oracleLoss(
  { known, negativeEntropy, target }: OracleTarget,
  { student, labels, temperature }: { student: tf.Tensor; labels: tf.Tensor; temperature: number },
): tf.Scalar {
  const taught = tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(tf.div(student, temperature))), -1));
  const divergence = tf.mul(tf.add(taught, negativeEntropy), temperature ** 2);
  const byLabel = tf.neg(tf.sum(tf.mul(tf.mul(labels, tf.sub(1, known)), tf.logSoftmax(student)), -1));
  return tf.mean(tf.add(divergence, byLabel));
}

export const oracle = defineDistiller({
  name: "oracle",
  summary: "those teachers that are right about an image, else its label",
  paper: "1911.13019",
  tasks: ["classification"],
  options: z.strictObject({
    temperature: temperatureOption.default(4),
    alpha: z.number().min(0).max(1).default(0).describe(
      "weight of a term of the labels for all images; the oracle has the rest",
    ),
  }),
  create: ({ temperature, alpha }) => ({
    needs: ["logits"],
    teachers: { least: 1, most: Infinity },
    prepare: () => ({
      phases: [{
        name: "oracle",
        share: 1,
        taskWeight: alpha,
        readsOutputs: true,
        term({ student, targets: { labels }, teachers }) {
          const logits = tf.stack(teachers.map(({ outputs }) => outputs.logits)) as tf.Tensor3D;
          const target = oracleTarget(logits, labels, temperature);
          return tf.mul(oracleLoss(target, { student: student.outputs.logits, labels, temperature }), 1 - alpha);
        },
      }],
      dispose() {},
    }),
  }),
});
