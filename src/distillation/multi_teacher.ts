// Wu, Chiu & Wu 2019, "Multi-teacher Knowledge Distillation for Compressed Video Action Recognition on Deep Neural Networks"
// (ICASSP; journal 10.1016/j.sysarc.2019.101695): the student learns the weighted mean of several teachers' softened
// probabilities. The mean of logits and the majority vote are the ensembles of 1911.13019.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { asFloat } from "./as_float.ts";
import { defineDistiller } from "./distiller.ts";
import { alphaOption, temperatureOption } from "./kd.ts";

export const combinations = ["probabilities", "logits", "majority"] as const;
export type Combination = typeof combinations[number];

/** `weights` scaled to a sum of 1, equal ones by default. RangeError on another number than `count`, or no positive sum. */
export function normaliseWeights(count: number, weights?: readonly number[]): Float32Array {
  if (!weights) return new Float32Array(count).fill(1 / count);
  if (weights.length !== count) throw new RangeError(`${count} networks take as many weights, got ${weights.length}`);
  const negative = weights.find((weight) => !(weight >= 0));
  if (negative !== undefined) throw new RangeError(`weights must be 0 or above, got ${negative}`);
  const sum = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(sum > 0 && sum < Infinity)) throw new RangeError(`weights must sum up to a number above 0, got ${sum}`);
  return Float32Array.from(weights, (weight) => weight / sum);
}

/**
 * What several teachers say together, `[N, C]` probabilities, from `logits` `[K, N, C]` with `weights` that sum up to 1:
 * mean of the softened probabilities, softened mean of logits, or 1 for the class with most votes (shared by a tie), for
 * which there is no temperature.
 */
export function combineTeachers(
  logits: tf.Tensor3D,
  { combine, temperature, weights }: { combine: Combination; temperature: number; weights: Float32Array },
): tf.Tensor2D {
  const [count, , classes] = logits.shape;
  const mean = (values: tf.Tensor) => tf.sum(tf.mul(values, tf.tensor3d(weights, [count, 1, 1])), 0) as tf.Tensor2D;
  switch (combine) {
    case "probabilities":
      return mean(tf.softmax(tf.div(logits, temperature)));
    case "logits":
      return tf.softmax(tf.div(mean(logits), temperature));
    case "majority": {
      const votes = mean(asFloat(tf.oneHot(tf.argMax(logits, -1) as tf.Tensor1D, classes)));
      // Sums of the same weights in another order may differ in the last bits.
      const first = tf.cast(tf.greaterEqual(votes, tf.sub(tf.max(votes, -1, true), 1e-6)), "float32");
      return tf.div(first, tf.sum(first, -1, true));
    }
    default:
      return combine satisfies never;
  }
}

/** T^2 * KL(target || student at T), mean over the batch; `target` `[N, C]` probabilities, which may be 0. */
export function divergenceFrom(target: tf.Tensor, student: tf.Tensor, temperature: number): tf.Scalar {
  const logTarget = tf.log(tf.maximum(target, 1e-30));
  const logStudent = tf.logSoftmax(tf.div(student, temperature));
  return tf.mul(tf.mean(tf.sum(tf.mul(target, tf.sub(logTarget, logStudent)), -1)), temperature ** 2);
}

export const multiTeacher = defineDistiller({
  name: "multi-teacher",
  summary: "what several teachers say together",
  paper: "10.1016/j.sysarc.2019.101695",
  tasks: ["classification"],
  options: z.strictObject({
    combine: z.enum(combinations).default("probabilities")
      .describe("weighted mean of probabilities, of logits, or the class with most votes (without temperature)"),
    weights: z.array(z.number().min(0)).min(1).optional().describe("of the teachers, in their order; equal by default"),
    temperature: temperatureOption.default(4),
    alpha: alphaOption.default(0.1),
  }).refine(({ weights }) => !weights || weights.some((weight) => weight > 0), {
    path: ["weights"],
    message: "at least one must be above 0",
  }),
  create: ({ combine, weights: given, temperature, alpha }) => ({
    needs: ["logits"],
    teachers: { least: 1, most: Infinity },
    prepare({ teachers }) {
      const weights = normaliseWeights(teachers.length, given);
      const softening = combine === "majority" ? 1 : temperature;
      return {
        phases: [{
          name: "multi-teacher",
          share: 1,
          taskWeight: alpha,
          readsOutputs: true,
          term({ student, teachers }) {
            const logits = tf.stack(teachers.map(({ outputs }) => outputs.logits)) as tf.Tensor3D;
            const target = combineTeachers(logits, { combine, temperature, weights });
            return tf.mul(divergenceFrom(target, student.outputs.logits, softening), 1 - alpha);
          },
        }],
        dispose() {},
      };
    },
  }),
});
