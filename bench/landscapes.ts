// Toy problems for controllers: rewards of token sequences that cost nothing to compute and whose shape is known.
import { hashSeed, Random } from "../src/data/random.ts";
import type { Decision } from "../search/controller.ts";

export interface Landscape {
  decisions: Decision[];
  /** From 0 to 1, the same for the same tokens. */
  reward(tokens: readonly number[]): number;
}

/** Seven blocks of six decisions each, with as many choices as the MnasNet space has. */
const BLOCKS = 7;
const BLOCK_CHOICES = [4, 2, 2, 3, 3, 3];

/** Every decision counts for itself: 42 decisions of 4 choices, 0 for the worst of all and 1 for the best. */
export function separableLandscape(seed: number): Landscape {
  const random = new Random(seed);
  const gains = table(random, new Array(42).fill(4));
  const worst = sum(gains.map((row) => Math.min(...row)));
  const best = sum(gains.map((row) => Math.max(...row)));
  return {
    decisions: decisionsOf(gains.map((row) => row.length)),
    reward: (tokens) => (sum(tokens.map((token, index) => gains[index][token])) - worst) / (best - worst),
  };
}

/** Half of what counts is how neighbouring decisions go together: 42 decisions of 4 choices. */
export function coupledLandscape(seed: number): Landscape {
  const random = new Random(seed);
  const gains = table(random, new Array(42).fill(4));
  const pairs = table(random, new Array(41).fill(16));
  return {
    decisions: decisionsOf(gains.map((row) => row.length)),
    reward: (tokens) => {
      const alone = sum(tokens.map((token, index) => gains[index][token]));
      const together = sum(pairs.map((row, index) => row[4 * tokens[index] + tokens[index + 1]]));
      return (alone + together) / (gains.length + pairs.length);
    },
  };
}

/**
 * As a search sees it: choices add capacity, with diminishing returns in accuracy, and latency, which beyond a target
 * divides the reward. Accuracy has the noise of a short training, about one point.
 */
export function latencyLandscape(seed: number): Landscape {
  const random = new Random(seed);
  const choices = new Array(BLOCKS).fill(BLOCK_CHOICES).flat();
  const capacities = table(random, choices);
  // Cost goes with capacity, but not strictly: some choices are bargains.
  const costs = capacities.map((row) => row.map((capacity) => 0.6 * capacity + 0.4 * random.next()));
  const target = 0.8 * sum(costs.map((row) => sum(row) / row.length));
  return {
    decisions: decisionsOf(choices),
    reward: (tokens) => {
      const capacity = sum(tokens.map((token, index) => capacities[index][token]));
      const latency = sum(tokens.map((token, index) => costs[index][token]));
      const noise = 0.01 * new Random(hashSeed(seed, ...tokens)).normal();
      const accuracy = Math.min(1, Math.max(0, 0.95 * (1 - Math.exp(-capacity / 15)) + noise));
      return accuracy * Math.min(1, target / latency);
    },
  };
}

function table(random: Random, widths: readonly number[]): number[][] {
  return widths.map((width) => Array.from({ length: width }, () => random.next()));
}

function decisionsOf(choices: readonly number[]): Decision[] {
  return choices.map((count, index) => ({
    name: `decision ${index}`,
    choices: Array.from({ length: count }).keys().toArray(),
  }));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
