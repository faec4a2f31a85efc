// Quantised distillation: Polino, Pascanu & Alistarh 2018, "Model compression via distillation and quantization"
// (1802.05668), section 3.1. Forward and backward pass run on Q(w), the step is applied to the full-precision w; at the
// end stands Q(w). Activations stay in full precision: the engines have no op that rounds them.
import * as z from "zod";
import { hashSeed, Random } from "../data/random.ts";
import { alphaOption, temperatureOption } from "../distillation/kd.ts";
import type { Weights } from "../engine/network.ts";
import { quantiseBuckets } from "../quantisation/buckets.ts";
import { kernelsOf, kernelValues, type KernelWeight } from "../quantisation/kernels.ts";
import { quantisedSize, type QuantisedTensor } from "../quantisation/size.ts";
import { hiddenWeightsRule } from "../training/rules/hidden_weights_rule.ts";
import { kdOrLabels, optionalTeacher } from "./kd_or_labels.ts";
import { defineProcedure } from "./procedure.ts";
import { stepsOf, Trainings } from "./trainings.ts";

export const bitsOption = z.int().min(1).max(8).describe("bits of a weight");
export const bucketSizeOption = z.int().min(1).max(1_000_000).describe("neighbouring weights that share a scale");
export const skipEndsOption = z.boolean().describe("leave the first and the last layer in full precision");

export interface BucketKernelOptions {
  bits: number;
  bucketSize: number;
}

/** A copy of `parameters` whose kernels are quantised, each in buckets of its own. */
export function quantiseKernels(
  parameters: Float32Array,
  kernels: readonly KernelWeight[],
  { bits, bucketSize, random }: BucketKernelOptions & { random?: Random },
): { parameters: Float32Array; tensors: QuantisedTensor[] } {
  const quantised = parameters.slice();
  const tensors = kernels.map((kernel) => {
    const { buckets, levels, values } = quantiseBuckets(kernelValues(parameters, kernel), {
      levels: 2 ** bits,
      bucketSize,
      random,
    });
    kernelValues(quantised, kernel).set(values);
    return { levels, bits, extraNumbers: 2 * buckets };
  });
  return { parameters: quantised, tensors };
}

/** Numbers of a network's weights. */
export function countNumbers({ parameters, statistics }: Weights): number {
  return parameters.length + statistics.length;
}

export const quantized = defineProcedure({
  name: "quantized",
  summary: "trains on quantised weights, keeping full-precision ones behind them",
  paper: "1802.05668",
  tasks: ["classification"],
  options: z.strictObject({
    bits: bitsOption.default(4),
    bucketSize: bucketSizeOption.default(256),
    stochastic: z.boolean().default(false).describe("round at random in training, unbiased; at the end to the nearest"),
    skipEnds: skipEndsOption.default(false),
    temperature: temperatureOption.default(2),
    alpha: alphaOption.default(0.3),
  }),
  create: (options) => ({
    ...optionalTeacher,
    async run(context) {
      const { architecture } = context;
      const kernels = kernelsOf(architecture, options);
      const random = options.stochastic ? new Random(hashSeed(context.seed, "rounding")) : undefined;
      const trainings = new Trainings(context, stepsOf(context));
      const hidden = { values: new Float32Array(0) as Float32Array };
      const trained = await trainings.train(`${options.bits}-bit student`, architecture, {
        ...kdOrLabels(context, options),
        seed: context.seed,
        rule: ({ network }) =>
          hiddenWeightsRule(network, {
            visible(values) {
              hidden.values = values;
              return quantiseKernels(values, kernels, { ...options, random }).parameters;
            },
          }),
      });
      const { parameters, tensors } = quantiseKernels(hidden.values, kernels, options);
      const weights = { parameters, statistics: trained.weights.statistics };
      const { accuracy } = random ? await trainings.score("rounded to the nearest", architecture, weights) : trained;
      return {
        architecture,
        weights,
        ...trainings.spent,
        loss: trained.loss,
        details: {
          bits: options.bits,
          accuracy,
          ...quantisedSize(countNumbers(weights), tensors),
        },
      };
    },
  }),
});
