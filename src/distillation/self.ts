// Zhang, Song, Gao, Chen, Bao & Ma 2019, "Be Your Own Teacher" (1905.08094): exits along the network, each a bottleneck and
// a classifier, learn from the labels, from the deepest classifier and from its features; the exits go after the training.
// Per exit: (1 - alpha) CE(y, q_i) + alpha T^2 KL(q_deepest at T || q_i at T) + hint |F_i - F_deepest|^2. The deepest
// learns from the labels alone.
import * as tf from "@tensorflow/tfjs";
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import { crossEntropy } from "./cross_entropy.ts";
import { defineDistiller, type Distillation, type DistillationContext } from "./distiller.ts";
import { embeddingOf } from "./embedding_of.ts";
import { Exits } from "./exits.ts";
import { softDivergence, temperatureOption } from "./kd.ts";
import { stopGradient } from "./stop_gradient.ts";
import type { StageTap } from "./taps.ts";

/** `count` stages, evenly spaced, of those before the last; the last one itself where there is no other. */
export function exitStages(stages: readonly StageTap[], count: number): StageTap[] {
  if (stages.length === 0) throw new RangeError("self puts exits at stages of the student, but it has none");
  const shallow = stages.length > 1 ? stages.slice(0, -1) : stages;
  const used = Math.min(count, shallow.length);
  return Array.from({ length: used }, (_, exit) => shallow[Math.ceil((exit + 1) * shallow.length / used) - 1]);
}

const options = z.strictObject({
  exits: z.int().min(1).max(16).default(3).describe("exits before the network's own classifier, at most one per stage"),
  alpha: z.number().min(0).max(1).default(0.1).describe("weight of the deepest classifier; the labels have the rest"),
  temperature: temperatureOption.default(3),
  hint: z.number().min(0).max(1e3).default(1e-6).describe("weight of the squared distance to the deepest features"),
  cells: z.int().min(1).max(8).default(2).describe("height and width that a stage is pooled to before its bottleneck"),
  weight: z.number().min(0).max(1e3).default(1).describe("weight of all exits"),
});

export type SelfOptions = z.output<typeof options>;

export interface ExitLossOptions extends Pick<SelfOptions, "alpha" | "temperature" | "hint"> {
  /** `[N, C]`, one-hot. */
  labels: tf.Tensor;
  /** `[N, C]` logits and, for the hint, `[N, D]` features of the network itself; no gradient goes there. */
  deepest: { logits: tf.Tensor; features?: tf.Tensor };
}

/** Sum over exits of the loss above; each with logits `[N, C]` and features `[N, D]`. */
export function exitLoss(
  exits: readonly { logits: tf.Tensor; features: tf.Tensor }[],
  { alpha, deepest, hint, labels, temperature }: ExitLossOptions,
): tf.Scalar {
  const count = exits.length;
  const logits = tf.concat(exits.map(({ logits }) => logits));
  const terms: tf.Scalar[] = [];
  if (alpha < 1) terms.push(tf.mul(crossEntropy(tf.tile(labels, [count, 1]), logits), count * (1 - alpha)));
  if (alpha > 0) {
    const teacher = stopGradient(tf.tile(deepest.logits, [count, 1]));
    terms.push(tf.mul(softDivergence(teacher, logits, temperature), count * alpha));
  }
  if (hint > 0 && deepest.features) {
    const target = stopGradient(deepest.features);
    const distances = tf.sub(tf.stack(exits.map(({ features }) => features)), tf.expandDims(target, 0));
    terms.push(tf.mul(tf.sum(tf.square(distances)), hint / target.shape[0]));
  }
  return tf.addN(terms);
}

/** The method on a student, and its exits, which go with `dispose`. */
export function distilSelf(
  { seed, student }: Pick<DistillationContext, "seed" | "student">,
  options: SelfOptions,
): Distillation & { exits: Exits } {
  const { alpha, cells, hint, weight } = options;
  const embedding = embeddingOf(student, { method: "self", whose: "student" });
  const exits = new Exits(exitStages(student.stages, options.exits), {
    features: embedding.channels,
    classes: student.outputs,
    cells,
    seed: hashSeed(seed, "exits"),
  });
  return {
    exits,
    phases: [{
      name: "self",
      share: 1,
      taskWeight: 1,
      readsOutputs: alpha > 0,
      studentFeatures: [...exits.taps, ...(hint > 0 ? [embedding.name] : [])],
      variables: exits.variables,
      term({ student: { features, outputs }, targets: { labels } }) {
        const deepest = { logits: outputs.logits, features: features[embedding.name] };
        return tf.mul(exitLoss(exits.apply(features), { ...options, labels, deepest }), weight);
      },
    }],
    dispose: () => exits.dispose(),
  };
}

export const self = defineDistiller({
  name: "self",
  summary: "the network's own deepest classifier teaches exits along it",
  paper: "1905.08094",
  tasks: ["classification"],
  options,
  create: (options) => ({
    needs: [],
    teachers: { least: 0, most: 0 },
    prepare: (context) => distilSelf(context, options),
  }),
});
