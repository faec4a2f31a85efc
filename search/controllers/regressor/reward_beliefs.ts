// Two regressions on the rewards of a search: how good a network is if it is feasible, and whether it is.
import type { Random } from "../../../src/data/random.ts";
import type { Rewarded } from "../rewarded.ts";
import type { Belief } from "./ascent.ts";
import { fittingPrior, type PairPrior } from "./pair_prior.ts";
import { PairRegression } from "./pair_regression.ts";
import type { ChoiceLayout } from "./pair_table.ts";
import { warpRewards } from "./warp.ts";

/** A prior for each of the two. */
export interface RewardPriors {
  worth: PairPrior;
  feasibility: PairPrior;
}

// Where there is nothing to choose by.
const usual: PairPrior = { single: 0.6, adjacent: 0, any: 0.4, noise: 0.3 };

/**
 * Whether a network failed: infeasible ones count as 0, as all beyond a limit do. Such a cliff would bend a regression
 * everywhere.
 */
export function isFailed({ reward }: Pick<Rewarded, "reward">): boolean {
  return reward === 0;
}

interface Split {
  worth: { tokens: number[][]; targets: Float64Array };
  feasibility: { tokens: number[][]; targets: Float64Array };
  /** Of feasible and of failed networks. */
  counts: { feasible: number; failed: number };
}

function split(observations: readonly Rewarded[]): Split {
  const feasible = observations.filter((observation) => !isFailed(observation));
  return {
    worth: {
      tokens: feasible.map(({ tokens }) => tokens),
      targets: warpRewards(feasible.map(({ reward }) => reward)),
    },
    feasibility: {
      tokens: observations.map(({ tokens }) => tokens),
      targets: Float64Array.from(observations, (observation) => (isFailed(observation) ? -1 : 1)),
    },
    counts: { feasible: feasible.length, failed: observations.length - feasible.length },
  };
}

/** The priors that fit `observations`. */
export function fittingPriors(observations: readonly Rewarded[]): RewardPriors {
  const { worth, feasibility, counts } = split(observations);
  return {
    worth: counts.feasible > 0 ? fittingPrior(worth.tokens, worth.targets) : usual,
    feasibility: counts.feasible > 0 && counts.failed > 0
      ? fittingPrior(feasibility.tokens, feasibility.targets)
      : usual,
  };
}

/** What `observations` say, as something to draw beliefs from; undefined where none of them is feasible. */
export function rewardBeliefs(
  layout: ChoiceLayout,
  observations: readonly Rewarded[],
  priors: RewardPriors,
): { draw(random: Random, spread: number): Belief } | undefined {
  const { worth, feasibility, counts } = split(observations);
  if (counts.feasible === 0) return undefined;
  const worthRegression = new PairRegression({ layout, ...worth }, priors.worth);
  if (counts.failed === 0) return { draw: (random, spread) => ({ worth: worthRegression.draw(random, spread) }) };
  const feasibilityRegression = new PairRegression({ layout, ...feasibility }, priors.feasibility);
  return {
    draw: (random, spread) => ({
      worth: worthRegression.draw(random, spread),
      feasibility: feasibilityRegression.draw(random, spread),
    }),
  };
}
