// Rewards as a policy's gradient takes them: what a reward of 0.61 is worth depends on those beside it.
import * as z from "zod";

export const rewardScaleSchema = z.enum(["rank", "standard", "plain"]);

export type RewardScaleName = z.infer<typeof rewardScaleSchema>;

/** For each of `rewards`, which are part of `recent`, what it is worth. */
type RewardScale = (rewards: readonly number[], recent: readonly number[]) => number[];

export const rewardScales: Readonly<Record<RewardScaleName, RewardScale>> = {
  /**
   * By rank among the recent: in a search some proposals are far below the rest (infeasible ones have 0), and in the
   * mean and the deviation they would drown the differences between the others.
   */
  rank: (rewards, recent) => {
    const ranks = (values: readonly number[]) => values.map((reward) => rankAmong(recent, reward));
    return standardised(ranks(rewards), ranks(recent));
  },
  standard: standardised,
  plain: (rewards) => [...rewards],
};

/** Half the share of `recent` below `reward` minus half that above it: 0 in the middle, -0.5 to 0.5. */
function rankAmong(recent: readonly number[], reward: number): number {
  let balance = 0;
  for (const other of recent) balance += Math.sign(reward - other);
  return balance / (2 * recent.length);
}

/** How far each of `rewards` is above the mean of `recent`, in standard deviations; 0 for all where none differ. */
function standardised(rewards: readonly number[], recent: readonly number[]): number[] {
  const centre = mean(recent);
  const deviation = Math.sqrt(mean(recent.map((reward) => (reward - centre) ** 2)));
  // Of equal rewards, rounding may leave a deviation: noise, which must not be blown up.
  const noise = 1e-9 * recent.reduce((largest, reward) => Math.max(largest, Math.abs(reward)), 0);
  return rewards.map((reward) => (deviation > noise ? (reward - centre) / deviation : 0));
}

export function mean(values: readonly number[]): number {
  const total = values.reduce((sum, value) => sum + value, 0);
  if (Number.isFinite(total)) return total / values.length;
  // A running mean, as the greatest numbers have a mean where their sum is Infinity.
  return values.reduce((centre, value, index) => centre + (value / (index + 1) - centre / (index + 1)), 0);
}
