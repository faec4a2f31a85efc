// Options of the controllers whose policy is an LSTM.
import * as z from "zod";
import { rewardScaleSchema } from "./reward_scale.ts";

export const learningRateOption = z.number().positive().max(1).describe("step size of Adam");
export const entropyWeightOption = z.number().min(0).max(10).describe(
  "weight of the policy's entropy, summed over decisions, in what is maximised: more explores longer",
);
export const baselineDecayOption = z.number().min(0).max(1).describe(
  "of the moving average of rewards that proposals are compared with: how much of it each reward leaves",
);
export const rewardsOption = rewardScaleSchema.describe(
  "what is learned from: ranks of rewards among the recent ones, their standard scores, or rewards as they are",
);
export const rewardWindowOption = z.int().min(1).max(10_000).describe(
  "rewards that ranks and scores are among at least, so that a batch of one is compared with those before",
);

/** What the policy itself is. */
export const policyOptions = {
  hiddenSize: z.int().min(1).max(1024).default(16).describe("units of the LSTM"),
  logitBound: z.number().min(0).max(100).default(2.5).describe(
    "logits are bounded to this size by tanh, so that no choice dies out early; 0: not at all",
  ),
  logitSlope: z.number().positive().max(100).default(1).describe("of that tanh at 0"),
  initialRange: z.number().positive().max(10).default(0.1).describe(
    "weights are drawn from this far to each side of 0",
  ),
};
