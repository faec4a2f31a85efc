// Saputra, de Gusmao, Almalioglu, Markham & Trigoni 2019, "Distilling Knowledge From a Deep Pose Regressor Network"
// (1908.00858): a regressor imitates its teacher on each image as far as the teacher is right there. Attentive imitation (AIL)
// alpha / n * sum |student - truth|^2 + (1 - alpha) / n * sum attention_i * |student - teacher|^2, after attentive hint training
// (AHT) of everything up to a guided layer, 1 / n * sum attention_i * |teacher's feature - student's|^2.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import { attentionOf, attentionRanges, squaredErrors } from "./error_attention.ts";
import {
  defineDistiller,
  type Distillation,
  type DistillationBatch,
  type DistillationContext,
  type Phase,
} from "./distiller.ts";
import { Connector } from "./features/connector.ts";
import { pairsOf } from "./features/pair_stages.ts";
import { product } from "./features/product.ts";
import { Resampler } from "./features/resample.ts";

/** |a - b|^2 of each row, `[N]`. */
function squaredDistances(a: tf.Tensor, b: tf.Tensor): tf.Tensor1D {
  return tf.sum(tf.squaredDifference(a, b), -1);
}

const options = z.strictObject({
  // In trainings of a few epochs the half of the steps that the body lacks later costs more than the hint gives.
  stages: z.enum(["imitation", "hint"]).default("imitation").describe(
    "imitation: of the outputs, by the whole student; hint: first hint training up to the guided stage, then imitation by " +
      "what follows it, as in the paper",
  ),
  form: z.enum(["attentive", "plain", "min", "teacher-bound", "laplace"]).default("attentive").describe(
    "imitation weighted by attention; plain: not weighted (the paper's additive form); min: the smaller of the errors " +
      "against truth and teacher; teacher-bound: only where the student is worse than the teacher; laplace: the teacher " +
      "as a Laplace distribution whose scale the student tells",
  ),
  alpha: z.number().min(0).max(1).default(0.5).describe("weight of the truth; the imitation has the rest"),
  range: z.enum(attentionRanges).default("subtract").describe(
    "of attention where no error of the teacher is zero: subtract the smallest, clip at 0, or below 0 as in the paper",
  ),
  hintShare: z.number().gt(0).lt(1).default(0.5).describe("share of the steps of hint training"),
  hintStage: z.string().optional().describe(
    "guided stage of the student; default: the middle one that has a counterpart",
  ),
});

type Options = z.output<typeof options>;

/** Attention on each position of the training part, where the form or the hint reads it. */
async function attentionOn(context: DistillationContext, { form, range }: Options): Promise<Float32Array> {
  if (form !== "attentive") return new Float32Array(context.trainImages).fill(1);
  const truth = context.trainingTargets?.().values;
  if (!truth) throw new RangeError("attentive-imitation needs the true numbers of all training images");
  const predicted = await context.trainingOutputs(0);
  if (predicted.length !== truth.length) {
    throw new RangeError(`the teacher gives ${predicted.length} numbers for ${truth.length} true ones`);
  }
  return attentionOf(squaredErrors(predicted, truth, truth.length / context.trainImages), range);
}

function attentionAt(attention: Float32Array, positions: Uint32Array): tf.Tensor1D {
  return tf.tensor1d(Float32Array.from(positions, (position) => attention[position]));
}

/** The student's logarithm of the scale of the teacher's distribution, from its embedding; 0 before training. */
function scaleLayer(context: DistillationContext) {
  const { embedding } = context.student;
  if (!embedding) throw new RangeError("the form laplace reads the student's embedding, which it does not have");
  const [kernel, bias] = tf.tidy(() => [
    tf.variable(tf.zeros([embedding.channels, 1])),
    tf.variable(tf.zeros([1])),
  ]);
  return {
    feature: embedding.name,
    variables: [kernel, bias],
    logScale: (vectors: tf.Tensor) => tf.reshape(tf.add(product(vectors, kernel as tf.Tensor), bias), [-1]),
  };
}

type ScaleLayer = ReturnType<typeof scaleLayer>;

/** What imitation adds to the task's own loss. */
function imitationTerm(
  { student, targets, teachers: [teacher], positions }: DistillationBatch,
  { alpha, form }: Options,
  { attention, scale }: { attention: Float32Array; scale: ScaleLayer | undefined },
): tf.Scalar {
  const own = student.outputs.values;
  const taught = teacher.outputs.values;
  const distances = squaredDistances(own, taught);
  switch (form) {
    case "attentive":
      return tf.mul(tf.mean(tf.mul(distances, attentionAt(attention, positions))), 1 - alpha);
    case "plain":
      return tf.mul(tf.mean(distances), 1 - alpha);
    case "min":
      return tf.mean(tf.minimum(squaredDistances(own, targets.values), distances));
    case "teacher-bound": {
      const allowed = squaredDistances(taught, targets.values);
      // A step's gradient is zero: which images count is no matter of the gradient.
      const worse = tf.step(tf.sub(squaredDistances(own, targets.values), allowed));
      return tf.mul(tf.mean(tf.mul(distances, worse)), 1 - alpha);
    }
    case "laplace": {
      if (!scale) throw new Error("the form laplace was prepared without its scale");
      const logScale = scale.logScale(student.features[scale.feature]);
      const absolute = tf.sum(tf.abs(tf.sub(own, taught)), -1);
      // -log of the density of one scale for all numbers, less the constant.
      const width = own.shape.at(-1) ?? 1;
      return tf.mul(tf.mean(tf.add(tf.mul(absolute, tf.exp(tf.neg(logScale))), tf.mul(logScale, width))), 1 - alpha);
    }
    default:
      throw new Error(`no form ${form satisfies never}`);
  }
}

/** Hint training up to a stage, whose features are brought to the teacher's by a 1x1 convolution. */
function hintPhase(context: DistillationContext, options: Options, attention: Float32Array) {
  const pairs = pairsOf(context);
  const { hintStage } = options;
  const pair = hintStage === undefined
    ? pairs[Math.floor((pairs.length - 1) / 2)]
    : pairs.find(({ student }) => student.name === hintStage);
  if (!pair) {
    const names = pairs.map(({ student }) => student.name).join(", ");
    throw new RangeError(`hintStage "${hintStage}" has no counterpart in the teacher; allowed are ${names}`);
  }
  const connector = new Connector({
    from: pair.student.shape[2],
    to: pair.teacher.shape[2],
    seed: hashSeed(context.seed, "attentive hint"),
  });
  const resampler = new Resampler();
  const phase: Phase = {
    name: "attentive hint",
    share: options.hintShare,
    taskWeight: 0,
    studentFeatures: [pair.student.name],
    teacherFeatures: [[pair.teacher.name]],
    variables: connector.variables,
    trainedUpTo: pair.student.name,
    term({ student, teachers: [teacher], positions }) {
      const own = resampler.resize(student.features[pair.student.name] as tf.Tensor4D, pair.size);
      const taught = resampler.resize(teacher.features[pair.teacher.name] as tf.Tensor4D, pair.size);
      // The mean over a feature's numbers in place of the sum: the size of layers does not change the gradient's.
      const distances = tf.mean(tf.squaredDifference(connector.apply(own), taught), [1, 2, 3]);
      return tf.mean(tf.mul(distances, attentionAt(attention, positions)));
    },
  };
  return {
    phase,
    guided: pair.student.name,
    dispose() {
      connector.dispose();
      resampler.dispose();
    },
  };
}

async function prepare(context: DistillationContext, options: Options): Promise<Distillation> {
  const { alpha, form, stages } = options;
  const attention = await attentionOn(context, options);
  // First, since it may refuse.
  const scale = form === "laplace" ? scaleLayer(context) : undefined;
  const hint = stages === "hint" ? hintPhase(context, options, attention) : undefined;
  const imitation: Phase = {
    name: "imitation",
    share: hint ? 1 - options.hintShare : 1,
    // The smaller of two errors stands for both.
    taskWeight: form === "min" ? 0 : alpha,
    readsOutputs: true,
    ...(scale && { studentFeatures: [scale.feature], variables: scale.variables }),
    ...(hint && { trainedAfter: hint.guided }),
    term: (batch) => imitationTerm(batch, options, { attention, scale }),
  };
  return {
    phases: [...(hint ? [hint.phase] : []), imitation],
    dispose() {
      hint?.dispose();
      if (scale) tf.dispose(scale.variables);
    },
  };
}

export const attentiveImitation = defineDistiller({
  name: "attentive-imitation",
  summary: "the teacher's regression on each image, as far as it is right there",
  paper: "1908.00858",
  tasks: ["regression"],
  options,
  create: (options) => ({
    needs: options.stages === "hint" ? ["logits", "stages"] : ["logits"],
    teachers: { least: 1, most: 1 },
    prepare: (context) => prepare(context, options),
  }),
});
