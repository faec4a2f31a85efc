// Quantisation to 8 bits after training: Jacob et al. 2017 (1712.05877), affine, batch norm folded into the kernels
// first.
import * as z from "zod";
import { alphaOption, temperatureOption } from "../distillation/kd.ts";
import { quantisedSize } from "../quantisation/size.ts";
import { startTensors } from "../training/start_tensors.ts";
import { calibrate, simulatedAccuracy } from "./int8_activations.ts";
import { countFolded, roundWeights } from "./int8_weights.ts";
import { kdOrLabels, optionalTeacher } from "./kd_or_labels.ts";
import { defineProcedure } from "./procedure.ts";
import { countNumbers } from "./quantized.ts";
import { stepsOf, Trainings } from "./trainings.ts";

/**
 * The weights that it gives are the rounded ones, of a network whose batch norm adds no more than the folded bias.
 * Rounded activations are simulated for the report alone: whoever runs the weights has activations in full precision.
 */
export const int8 = defineProcedure({
  name: "int8",
  summary: "trains, then rounds the weights to 8 bits",
  paper: "1712.05877",
  tasks: ["classification"],
  options: z.strictObject({
    granularity: z.enum(["channel", "tensor"]).default("channel").describe(
      "what shares a range of weights; folded depthwise kernels differ much between channels",
    ),
    activations: z.boolean().default(true).describe("report the accuracy with activations in 8 bits, too"),
    calibrationImages: z.int().min(1).max(100_000).default(256).describe(
      "training images that the ranges of activations are taken from",
    ),
    temperature: temperatureOption.default(4),
    alpha: alphaOption.default(0.1),
  }),
  create: (options) => ({
    ...optionalTeacher,
    async run(context) {
      const { architecture } = context;
      const trainings = new Trainings(context, stepsOf(context));
      const trained = await trainings.train("in full precision", architecture, {
        ...kdOrLabels(context, options),
        seed: context.seed,
      });
      const { tensors, weights } = roundWeights(architecture, trained.weights, options.granularity);
      const details: Record<string, unknown> = {
        fullPrecisionAccuracy: trained.accuracy,
        accuracy: (await trainings.score("weights of 8 bits", architecture, weights)).accuracy,
        ...quantisedSize(countFolded(architecture), tensors),
        fullBytes: 4 * countNumbers(trained.weights),
      };
      if (options.activations) {
        await startTensors(context.engine);
        const ranges = await calibrate(architecture, weights, context, options.calibrationImages);
        details.activationsAccuracy = await simulatedAccuracy(architecture, weights, context, ranges);
      }
      return {
        architecture,
        weights,
        ...trainings.spent,
        loss: trained.loss,
        details,
      };
    },
  }),
});
