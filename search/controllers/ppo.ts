// A recurrent policy with a critic, trained by PPO, as NASNet (arXiv 1707.07012) and MnasNet (1807.11626) search, but
// tuned for tens to hundreds of samples where they had thousands: `deno task bench controllers` shows what that gives.
import * as z from "zod";
import type { ControllerStatistics } from "../controller.ts";
import { defineController } from "./definition.ts";
import { type LstmBatch, LstmStrategy } from "./lstm_strategy.ts";
import {
  baselineDecayOption,
  entropyWeightOption,
  learningRateOption,
  policyOptions,
  rewardsOption,
  rewardWindowOption,
} from "./policy_options.ts";
import { type Episode, ppoFigures, ppoGradient } from "./ppo_gradient.ts";
import { mean } from "./reward_scale.ts";

/**
 * The defaults are those of sweeps over the landscapes of bench/landscapes.ts at 50 and 200 samples, on other seeds
 * than the benchmark's. Learning rate, clip range and epochs matter most. Ranks help where proposals are infeasible
 * (masked: 0.677, standard scores 0.665, random 0.658, 12 seeds). The critic is as good as the moving average, no
 * better (sums over seven landscapes 5.30 and 5.32, random 4.31, 20 seeds).
 */
const optionsSchema = z.strictObject({
  learningRate: learningRateOption.default(0.02),
  epochs: z.int().min(1).max(1000).default(8).describe(
    "steps of the optimizer per batch told, but no more than proposals in it",
  ),
  clipRange: z.number().positive().max(10).default(0.5).describe(
    "how far the ratio of new to old probability counts, to each side of 1",
  ),
  entropyWeight: entropyWeightOption.default(0.02),
  rewards: rewardsOption.default("rank"),
  rewardWindow: rewardWindowOption.default(10),
  critic: z.boolean().default(true).describe("compare with what a value head expects; else with the moving average"),
  valueWeight: z.number().positive().max(10).default(0.03).describe("weight of the critic's squared error in the loss"),
  baselineDecay: baselineDecayOption.default(0.95),
  ...policyOptions,
});

type PpoOptions = z.output<typeof optionsSchema>;

function learnBatch({ policy, adam, judged, baseline }: LstmBatch, options: PpoOptions): ControllerStatistics {
  const { critic, epochs } = options;
  const episodes = judged.map(({ tokens, worth }): Episode => {
    const { logProbabilities, values } = policy.forward(tokens);
    const advantages = values.map((value) => worth - (critic ? value : baseline));
    return { tokens, oldLogProbabilities: logProbabilities, advantages, valueTarget: worth };
  });
  const lossOptions = { ...options, valueWeight: critic ? options.valueWeight : 0 };
  // Many steps on one or two proposals would settle for them.
  for (let epoch = 0; epoch < Math.min(epochs, episodes.length); epoch++) {
    adam.update(policy.parameters, ppoGradient(policy, episodes, lossOptions));
  }
  const { valueLoss, ...figures } = ppoFigures(policy, episodes, lossOptions);
  // A baseline is the same for all of a batch and explains none of how they differ.
  if (!critic) return { ...figures, explainedVariance: 0 };
  return { ...figures, valueLoss, explainedVariance: explainedVariance(episodes) };
}

/** Share of the variance of what happened that the critic expected, over all decisions; 0 where nothing varied. */
export function explainedVariance(episodes: readonly Pick<Episode, "advantages" | "valueTarget">[]): number {
  const total = variance(episodes.map(({ valueTarget }) => valueTarget));
  if (total === 0) return 0;
  return 1 - variance(episodes.flatMap(({ advantages }) => [...advantages])) / total;
}

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return mean(values.map((value) => (value - centre) ** 2));
}

export const ppo = defineController({
  name: "ppo",
  summary: "an LSTM policy with a critic, trained by proximal policy optimization",
  paper: "Schulman et al. 2017, arXiv 1707.06347; Zoph et al. 2018, arXiv 1707.07012",
  options: optionsSchema,
  begin: (start, options) => new LstmStrategy(start, options, learnBatch),
});
