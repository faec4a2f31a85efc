// Pruning and what comes after it: training, removal of weights or filters, and a second training of what is left, from
// its weights or from scratch. Han et al. 2015 (1506.02626), Li et al. 2016 (1608.08710); Liu et al. 2018, "Rethinking
// the Value of Network Pruning" (1810.05270), for the training from scratch.
import * as z from "zod";
import { hashSeed } from "../data/random.ts";
import { alphaOption, temperatureOption } from "../distillation/kd.ts";
import { initialiseWeights } from "../models/weights.ts";
import { countMultiplyAdds, countParameters } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { hiddenWeightsRule } from "../training/rules/hidden_weights_rule.ts";
import type { Student } from "../training/student.ts";
import { kdOrLabels, optionalTeacher, splitEpochs } from "./kd_or_labels.ts";
import { pruneFilters } from "./pruning_filters.ts";
import { applyMask, kernelSparsity, magnitudeMask } from "./pruning_masks.ts";
import { defineProcedure } from "./procedure.ts";
import { stepsOf, Trainings } from "./trainings.ts";

/** Training in which what the mask leaves out gets no gradient and stays zero. */
function masked(mask: Uint8Array) {
  return ({ network }: Student) =>
    hiddenWeightsRule(network, {
      visible: (hidden) => hidden,
      gradient: (gradient) => applyMask(mask, gradient),
      limit: (hidden) => applyMask(mask, hidden),
    });
}

function sizeOf(architecture: Architecture) {
  return { parameters: countParameters(architecture), multiplyAdds: countMultiplyAdds(architecture) };
}

export const pruning = defineProcedure({
  name: "pruning",
  summary: "trains, removes the smallest weights or filters, trains what is left",
  paper: "1506.02626, 1608.08710, 1810.05270",
  tasks: ["classification"],
  options: z.strictObject({
    kind: z.enum(["magnitude", "filter"]).default("magnitude").describe(
      "magnitude: single weights become zero; filter: whole filters go, the network becomes smaller",
    ),
    sparsity: z.number().min(0).lt(1).default(0.5).describe("share of the weights, or filters, that go"),
    scope: z.enum(["network", "layer"]).default("layer").describe(
      "magnitude: compare weights within their layer or over the network, where whole layers may vanish",
    ),
    from: z.enum(["fine-tune", "scratch"]).default("fine-tune").describe(
      "what the second training starts from; scratch: new weights, all epochs again",
    ),
    secondShare: z.number().gt(0).lt(1).default(0.5).describe("fine-tune: share of the epochs after pruning"),
    fineTuneRate: z.number().positive().max(1).default(1).describe(
      "fine-tune: share of the peak learning rate; less than all of it is for long trainings",
    ),
    temperature: temperatureOption.default(4),
    alpha: alphaOption.default(0.1),
  }),
  create: (options) => ({
    ...optionalTeacher,
    ...(options.kind === "filter" && { changesArchitecture: true }),
    async run(context) {
      const { kind, from, sparsity, scope } = options;
      const { architecture, peakLearningRate } = context;
      const taught = kdOrLabels(context, options);
      const [first, second] = from === "scratch"
        ? [context.epochs, context.epochs]
        : splitEpochs(context.epochs, options.secondShare);
      const trainings = new Trainings(context, stepsOf(context, first + second));
      const whole = await trainings.train("whole network", architecture, {
        ...taught,
        seed: context.seed,
        epochs: first,
      });

      const mask = kind === "magnitude"
        ? magnitudeMask(architecture, whole.weights.parameters, { sparsity, scope })
        : undefined;
      if (mask) applyMask(mask, whole.weights.parameters);
      const left = mask
        ? { architecture, weights: whole.weights }
        : pruneFilters(architecture, whole.weights, sparsity);
      const pruned = await trainings.score("pruned", left.architecture, left.weights);

      const seed = hashSeed(context.seed, "pruned");
      const trained = await trainings.train(from === "scratch" ? "from scratch" : "fine-tuned", left.architecture, {
        ...taught,
        epochs: second,
        seed,
        weights: from === "scratch" ? initialiseWeights(left.architecture, seed) : left.weights,
        peakLearningRate: from === "scratch" ? peakLearningRate : peakLearningRate * options.fineTuneRate,
        ...(mask && { rule: masked(mask) }),
      });
      return {
        architecture: left.architecture,
        weights: trained.weights,
        ...trainings.spent,
        loss: trained.loss,
        details: {
          kind,
          from,
          wholeAccuracy: whole.accuracy,
          prunedAccuracy: pruned.accuracy,
          accuracy: trained.accuracy,
          before: sizeOf(architecture),
          after: sizeOf(left.architecture),
          zeroKernelShare: kernelSparsity(left.architecture, trained.weights.parameters),
        },
      };
    },
  }),
});
