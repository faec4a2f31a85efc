// Heo et al. 2019, "A Comprehensive Overhaul of Feature Distillation" (1904.01866): values before the activation at stage
// ends. Of the teacher only a margin of what is negative counts, max(x, m) with m the channel's mean negative value; the
// student, through a 1x1 convolution with batch norm, need not match what both have below zero. The last of L pairs of
// stages counts fully, each earlier one half as much as the next.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import { defineDistiller, taskNames } from "./distiller.ts";
import { Connector } from "./features/connector.ts";
import { normalDensity, normalProbability } from "./features/normal_distribution.ts";
import { beforeActivation, pairsOf } from "./features/pair_stages.ts";
import { Resampler } from "./features/resample.ts";

/** Mean negative value of a channel after a batch norm with shift `beta` and scale `gamma` (the paper's equation 4). */
export function batchNormMargin(beta: number, gamma: number): number {
  const scale = Math.abs(gamma);
  const negative = scale === 0 ? 0 : normalProbability(-beta / scale);
  // Where next to nothing is negative the quotient has no meaning (authors' code).
  if (negative <= 1e-3) return -3 * scale;
  return beta - scale * normalDensity(beta / scale) / negative;
}

/** Mean negative value of each channel of `x` `[N, H, W, C]`: `[C]`; 0 where none is negative. */
export function measureMargins(x: tf.Tensor4D): tf.Tensor1D {
  const negative = tf.neg(x);
  const count = tf.sum(tf.step(negative), [0, 1, 2]);
  return tf.neg(tf.div(tf.sum(tf.relu(negative), [0, 1, 2]), tf.maximum(count, 1)));
}

/** `max(x, margin)` for `x` `[N, H, W, C]`, without tfjs's slow maximum of unequal shapes. */
function raise(x: tf.Tensor4D, margins: tf.Tensor1D): tf.Tensor4D {
  return tf.add(tf.relu(tf.sub(x, margins)), margins);
}

/** Partial squared distance, 0 where student <= teacher <= 0: sum over all but the batch, mean over that. Both `[N, ...]`. */
export function partialDistance(student: tf.Tensor, teacher: tf.Tensor): tf.Scalar {
  const above = tf.sub(student, teacher);
  // A student below its teacher counts where that is positive.
  const below = tf.mul(tf.relu(tf.neg(above)), tf.step(teacher));
  // Only one of the two is not zero.
  return tf.div(tf.sum(tf.square(tf.add(tf.relu(above), below))), student.shape[0]);
}

const margins = ["batch-norm", "measured"] as const;

export const overhaul = defineDistiller({
  name: "overhaul",
  summary: "values before the activation, but for what is negative in both",
  paper: "1904.01866",
  tasks: taskNames,
  options: z.strictObject({
    margin: z.enum(margins).default("batch-norm").describe(
      "from the teacher's batch norm (paper), measured on the first batch where it is not known, or always measured",
    ),
    weight: z.number().positive().default(0.001).describe("of the distances summed over a feature; 0.001 in the paper"),
  }),
  create: ({ margin, weight }) => ({
    needs: ["before"],
    teachers: { least: 1, most: 1 },
    prepare(context) {
      const pairs = pairsOf(context);
      const resampler = new Resampler();
      const connectors = pairs.map(({ student, teacher }, index) =>
        new Connector({
          from: student.shape[2],
          to: teacher.shape[2],
          batchNorm: true,
          seed: hashSeed(context.seed, index),
        })
      );
      const known = pairs.map(({ teacher: { batchNorm } }): tf.Tensor1D | undefined =>
        margin === "batch-norm" && batchNorm
          ? tf.tensor1d(batchNorm.beta.map((beta, channel) => batchNormMargin(beta, batchNorm.gamma[channel])))
          : undefined
      );
      return {
        phases: [{
          name: "overhaul",
          share: 1,
          taskWeight: 1,
          studentFeatures: pairs.map(({ student }) => beforeActivation(student)),
          teacherFeatures: [pairs.map(({ teacher }) => beforeActivation(teacher))],
          variables: connectors.flatMap(({ variables }) => variables),
          term({ student, teachers: [teacher] }) {
            const distances = pairs.map((pair, index) => {
              const feature = teacher.features[beforeActivation(pair.teacher)] as tf.Tensor4D;
              const least = known[index] ??= tf.keep(measureMargins(feature));
              const own = resampler.resize(student.features[beforeActivation(pair.student)] as tf.Tensor4D, pair.size);
              const target = resampler.resize(raise(feature, least), pair.size);
              const share = 2 ** (index + 1 - pairs.length);
              return tf.mul(partialDistance(connectors[index].apply(own), target), share * weight) as tf.Scalar;
            });
            return tf.addN(distances) as tf.Scalar;
          },
        }],
        dispose() {
          resampler.dispose();
          connectors.forEach((connector) => connector.dispose());
          tf.dispose(known.filter((margins) => margins !== undefined));
        },
      };
    },
  }),
});
