// A recurrent policy trained by REINFORCE with a moving average as baseline, as ENAS (arXiv 1802.03268) and KDAS
// (1911.13019) search, but tuned for tens to hundreds of samples where they had thousands.
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
import { reinforceGradient } from "./reinforce_gradient.ts";
import { mean } from "./reward_scale.ts";

/**
 * Defaults by sweeps as those of ppo. A step per proposal at learning rate 0.02 beats one per 5 at 0.05, and that one
 * per 20 at 0.1: the next proposal of a batch is judged by a policy that has learned from those before it.
 */
const optionsSchema = z.strictObject({
  learningRate: learningRateOption.default(0.02),
  minibatch: z.int().min(1).max(1000).default(1).describe("proposals per step of the optimizer, of those told at once"),
  entropyWeight: entropyWeightOption.default(0.02),
  rewards: rewardsOption.default("rank"),
  rewardWindow: rewardWindowOption.default(10),
  baselineDecay: baselineDecayOption.default(0.95),
  ...policyOptions,
});

type ReinforceOptions = z.output<typeof optionsSchema>;

function learnBatch(
  { policy, adam, judged, baseline }: LstmBatch,
  { minibatch, entropyWeight }: ReinforceOptions,
): ControllerStatistics {
  const proposals = judged.map(({ tokens, worth }) => ({ tokens, advantage: worth - baseline }));
  const entropies: number[] = [];
  for (let start = 0; start < proposals.length; start += minibatch) {
    const some = proposals.slice(start, start + minibatch);
    const { gradient, entropy } = reinforceGradient(policy, some, entropyWeight);
    adam.update(policy.parameters, gradient);
    entropies.push(entropy);
  }
  return { entropy: mean(entropies), baseline };
}

export const reinforce = defineController({
  name: "reinforce",
  summary: "an LSTM policy trained by REINFORCE against a moving average of rewards",
  paper: "Williams 1992, Machine Learning 8; Pham et al. 2018, arXiv 1802.03268",
  options: optionsSchema,
  begin: (start, options) => new LstmStrategy(start, options, learnBatch),
});
