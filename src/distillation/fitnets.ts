// Romero et al. 2015, "FitNets: Hints for Thin Deep Nets" (1412.6550): a middle stage of the student, through a regressor,
// becomes one of the teacher. In two stages as in the paper: the layers up to the guided one by 1/2 ||hint - r(guided)||^2,
// then all by the labels and, for classes, lambda times the cross-entropy with the teacher's softened probabilities, lambda
// falling linearly. Or in one, jointly with the task, as in later comparisons.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { crossEntropy } from "./cross_entropy.ts";
import { defineDistiller, type DistillationContext, type Phase, taskNames } from "./distiller.ts";
import { Connector } from "./features/connector.ts";
import { pairsOf, pairStages, type StagePair } from "./features/pair_stages.ts";
import { initialisationShareOption, taskPhase } from "./features/phases.ts";
import { Resampler } from "./features/resample.ts";
import type { StageTap } from "./taps.ts";

const modes = ["two-stage", "joint", "initialise"] as const;
const regressors = ["pooled", "convolution"] as const;

/** Lambda at `progress` from 0 to 1. */
export function fallingWeight(progress: number, [start, end]: readonly [number, number]): number {
  return start + (end - start) * progress;
}

/** Half the squared distance of `hint` and `regressed`, both `[N, ...]`, mean over the batch. */
export function hintLoss(hint: tf.Tensor, regressed: tf.Tensor): tf.Scalar {
  return tf.div(tf.sum(tf.square(tf.sub(hint, regressed))), 2 * hint.shape[0]);
}

/** The pair that is asked for; `middle` and `paired` are found. */
function choosePair(context: DistillationContext, hint: string, guided: string): StagePair {
  const { student, teachers: [teacher] } = context;
  const find = (stages: readonly StageTap[], name: string, whose: string) => {
    const stage = stages.find((stage) => stage.name === name);
    if (stage) return stage;
    const names = stages.map(({ name }) => name).join(", ") || "none";
    throw new RangeError(`the ${whose} has no stage "${name}"; there are ${names}`);
  };
  const pairs = pairsOf(context);
  const middle = pairs[Math.floor((pairs.length - 1) / 2)];
  const ofTeacher = hint === "middle" ? middle.teacher : find(teacher.stages, hint, "teacher");
  if (guided !== "paired") return pairStages([find(student.stages, guided, "student")], [ofTeacher])[0];
  return pairs.find((pair) => pair.teacher === ofTeacher) ?? pairStages(student.stages, [ofTeacher])[0];
}

export const fitnets = defineDistiller({
  name: "fitnets",
  summary: "one middle stage through a regressor, then the softened probabilities",
  paper: "1412.6550",
  tasks: taskNames,
  options: z.strictObject({
    mode: z.enum(modes).default("two-stage").describe(
      "hint first and then the task (paper), both at once, or the hint alone",
    ),
    hint: z.string().default("middle").describe("the teacher's stage, by tap, or the middle one"),
    guided: z.string().default("paired").describe("the student's stage, by tap, or the one nearest in size"),
    regressor: z.enum(regressors).default("pooled").describe(
      "a 1x1 convolution after pooling to the smaller size, or one whose kernel makes up the difference (paper)",
    ),
    initialisationShare: initialisationShareOption.default(0.2),
    weight: z.number().positive().default(1).describe("of the mean square, in joint training; 100 is customary"),
    temperature: z.number().positive().max(1000).default(3).describe("of the second stage's probabilities"),
    lambdaStart: z.number().min(0).default(4).describe("weight of the second stage's probabilities at its start"),
    lambdaEnd: z.number().min(0).default(1).describe("and at its end"),
  }),
  create: ({ guided, hint, initialisationShare, lambdaEnd, lambdaStart, mode, regressor, temperature, weight }) => ({
    needs: ["stages"],
    teachers: { least: 1, most: 1 },
    prepare(context) {
      const { student, task, teachers: [teacher] } = context;
      const pair = choosePair(context, hint, guided);
      const soft = mode === "two-stage" && task === "classification" && lambdaStart + lambdaEnd > 0;
      if (soft && student.outputs !== teacher.outputs) {
        throw new RangeError(
          `fitnets compares probabilities, but the teacher has ${teacher.outputs} classes and the student ` +
            `${student.outputs}; lambdaStart 0 and lambdaEnd 0, or mode initialise, do without`,
        );
      }
      const [height, width, from] = pair.student.shape;
      const [toHeight, toWidth, to] = pair.teacher.shape;
      const convolves = regressor === "convolution";
      if (convolves && (height < toHeight || width < toWidth)) {
        throw new RangeError(
          `the regressor convolution takes a student's stage of at least the teacher's ${toHeight}x${toWidth} pixels, ` +
            `got ${height}x${width}`,
        );
      }
      const connector = new Connector({
        from,
        to,
        ...(convolves && { kernel: [height - toHeight + 1, width - toWidth + 1] }),
        seed: context.seed,
      });
      const resampler = new Resampler();
      const size = convolves ? [toHeight, toWidth] as const : pair.size;
      const hintPhase: Phase = {
        name: "hint",
        share: mode === "two-stage" ? initialisationShare : 1,
        taskWeight: mode === "joint" ? 1 : 0,
        studentFeatures: [pair.student.name],
        teacherFeatures: [[pair.teacher.name]],
        variables: connector.variables,
        ...(mode !== "joint" && { trainedUpTo: pair.student.name }),
        term({ student, teachers: [teacher] }) {
          const own = student.features[pair.student.name] as tf.Tensor4D;
          const regressed = connector.apply(convolves ? own : resampler.resize(own, size));
          const target = resampler.resize(teacher.features[pair.teacher.name] as tf.Tensor4D, size);
          if (mode !== "joint") return hintLoss(target, regressed);
          return tf.mul(tf.mean(tf.square(tf.sub(target, regressed))), weight) as tf.Scalar;
        },
      };
      const share = 1 - initialisationShare;
      const softPhase: Phase = {
        name: "task",
        share,
        taskWeight: 1,
        readsOutputs: true,
        term({ progress, student, teachers: [teacher] }) {
          const target = tf.softmax(tf.div(teacher.outputs.logits, temperature));
          const difference = crossEntropy(target, tf.div(student.outputs.logits, temperature));
          return tf.mul(difference, fallingWeight(progress, [lambdaStart, lambdaEnd])) as tf.Scalar;
        },
      };
      return {
        phases: mode === "two-stage" ? [hintPhase, soft ? softPhase : taskPhase(context, share)] : [hintPhase],
        dispose() {
          connector.dispose();
          resampler.dispose();
        },
      };
    },
  }),
});
