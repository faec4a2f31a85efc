// Differentiable quantization: Polino, Pascanu & Alistarh 2018 (1802.05668), section 3.2. A full-precision student is
// trained first and then teaches itself: its weights stay, what is learned are the points that they are quantised to.
// Activations stay in full precision: the engines have no op that rounds them.
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import { alphaOption, kd, temperatureOption } from "../distillation/kd.ts";
import { kernelsOf } from "../quantisation/kernels.ts";
import { quantisedSize } from "../quantisation/size.ts";
import { networkTeacher } from "../teachers/network_teacher.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { type LearnedPointsRule, learnedPointsRule } from "../training/rules/learned_points_rule.ts";
import { kdOrLabels, optionalTeacher, splitEpochs } from "./kd_or_labels.ts";
import { defineProcedure } from "./procedure.ts";
import { bucketSizeOption, countNumbers, quantiseKernels, skipEndsOption } from "./quantized.ts";
import { stepsOf, Trainings } from "./trainings.ts";

export const differentiableQuantization = defineProcedure({
  name: "differentiable-quantization",
  summary: "learns the points that a trained student's weights are quantised to",
  paper: "1802.05668",
  tasks: ["classification"],
  options: z.strictObject({
    bits: z.int().min(1).max(8).default(4).describe("of a weight: a tensor has 2^bits points"),
    byGradient: z.boolean().default(false).describe("bits of a tensor in proportion to its gradient's norm"),
    bucketSize: bucketSizeOption.default(256),
    skipEnds: skipEndsOption.default(false),
    pointsRate: z.number().positive().max(1).default(1e-3).describe(
      "peak learning rate of the points; the paper's 1e-5 is for long trainings",
    ),
    secondShare: z.number().gt(0).lt(1).default(0.3).describe("share of the epochs in which points are learned"),
    temperature: temperatureOption.default(2),
    alpha: alphaOption.default(0.3),
  }),
  create: (options) => ({
    ...optionalTeacher,
    async run(context) {
      const { architecture, engine, peakLearningRate } = context;
      const [first, second] = splitEpochs(context.epochs, options.secondShare);
      const trainings = new Trainings(context, stepsOf(context, first + second));
      const full = await trainings.train("in full precision", architecture, {
        ...kdOrLabels(context, options),
        seed: context.seed,
        epochs: first,
      });
      const kernels = kernelsOf(architecture, options);
      const uniform = quantiseKernels(full.weights.parameters, kernels, options);
      const { accuracy: uniformAccuracy } = await trainings.score("quantised to even points", architecture, {
        ...full.weights,
        parameters: uniform.parameters,
      });
      const teacher = networkTeacher({
        name: "the student in full precision",
        architecture,
        weights: full.weights,
        engine,
        batchSize: Math.min(context.batchSize, context.trainImages, context.data.train.length),
      });
      const rules: LearnedPointsRule[] = [];
      const trained = await disposeAfter(teacher, () =>
        trainings.train("quantised to learned points", architecture, {
          distiller: kd.create(options),
          teachers: [teacher],
          epochs: second,
          seed: hashSeed(context.seed, "points"),
          weights: full.weights,
          async rule({ network }) {
            rules.push(
              await learnedPointsRule(network, {
                ...options,
                kernels,
                rateFactor: options.pointsRate / peakLearningRate,
              }),
            );
            return rules[0];
          },
        }));
      const { weights } = trained;
      const tensors = rules[0].tensors();
      return {
        architecture,
        weights,
        ...trainings.spent,
        loss: trained.loss,
        details: {
          bits: tensors.map(({ bits }) => bits),
          fullPrecisionAccuracy: full.accuracy,
          uniformAccuracy,
          accuracy: trained.accuracy,
          ...quantisedSize(countNumbers(weights), tensors),
        },
      };
    },
  }),
});
