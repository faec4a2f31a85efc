// Heo, Lee, Yun & Choi 2019, "Knowledge Transfer via Distillation of Activation Boundaries Formed by Hidden Neurons"
// (1811.03233): which neurons the teacher has on. Counting those that differ has no gradient, so a hinge with a margin
// stands in for it. The student's body is initialised by it, through 1x1 convolutions with batch norm, then trained by the
// task. The last of L pairs of stages counts fully, each earlier one half as much as the next.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import { defineDistiller, type Phase, taskNames } from "./distiller.ts";
import { Connector } from "./features/connector.ts";
import { beforeActivation, pairsOf } from "./features/pair_stages.ts";
import { initialisationShareOption, taskPhase } from "./features/phases.ts";
import { Resampler } from "./features/resample.ts";

/**
 * Squares of how far `student` is from `margin` on the teacher's side of zero, both `[N, ...]` before the activation: sum
 * over all but the batch, mean over that.
 */
export function boundaryDistance(student: tf.Tensor, teacher: tf.Tensor, margin: number): tf.Scalar {
  const side = tf.sub(tf.mul(tf.step(teacher), 2), 1);
  const squares = tf.square(tf.relu(tf.sub(margin, tf.mul(side, student))));
  return tf.div(tf.sum(squares), student.shape[0]);
}

const modes = ["two-stage", "joint", "initialise"] as const;

export const activationBoundaries = defineDistiller({
  name: "activation-boundaries",
  summary: "which neurons are on, as the student's initialisation",
  paper: "1811.03233",
  tasks: taskNames,
  options: z.strictObject({
    mode: z.enum(modes).default("two-stage").describe(
      "initialises and then trains by the task (paper), trains by both at once, or initialises only",
    ),
    initialisationShare: initialisationShareOption.default(0.2),
    margin: z.number().positive().default(1).describe("how far from zero the student is to be"),
    weight: z.number().positive().default(0.003).describe("of the distances summed over a feature; 0.003 in the paper"),
  }),
  create: ({ initialisationShare, margin, mode, weight }) => ({
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
      const phase: Phase = {
        name: "boundaries",
        share: mode === "two-stage" ? initialisationShare : 1,
        taskWeight: mode === "joint" ? 1 : 0,
        studentFeatures: pairs.map(({ student }) => beforeActivation(student)),
        teacherFeatures: [pairs.map(({ teacher }) => beforeActivation(teacher))],
        variables: connectors.flatMap(({ variables }) => variables),
        ...(mode !== "joint" && { trainedUpTo: pairs[pairs.length - 1].student.name }),
        term({ student, teachers: [teacher] }) {
          const distances = pairs.map((pair, index) => {
            const own = student.features[beforeActivation(pair.student)] as tf.Tensor4D;
            const target = teacher.features[beforeActivation(pair.teacher)] as tf.Tensor4D;
            const distance = boundaryDistance(
              connectors[index].apply(resampler.resize(own, pair.size)),
              resampler.resize(target, pair.size),
              margin,
            );
            return tf.mul(distance, 2 ** (index + 1 - pairs.length) * weight) as tf.Scalar;
          });
          return tf.addN(distances) as tf.Scalar;
        },
      };
      return {
        phases: mode === "two-stage" ? [phase, taskPhase(context, 1 - initialisationShare)] : [phase],
        dispose() {
          resampler.dispose();
          connectors.forEach((connector) => connector.dispose());
        },
      };
    },
  }),
});
