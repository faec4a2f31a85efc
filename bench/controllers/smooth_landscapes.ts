// Landscapes on which every better choice helps by itself, if not equally everywhere.
import { hashSeed, Random } from "../../src/data/random.ts";
import { BLOCK_CHOICES, BLOCKS, decisionsOf, type Landscape, landscapeRandom, numbers, sum } from "./landscape.ts";

/** Every decision counts for itself: 42 decisions of 4 choices, 0 for the worst of all and 1 for the best. */
export function separableLandscape(seed: number): Landscape {
  const random = landscapeRandom("separable", seed);
  const gains = numbers(random, new Array(42).fill(4));
  const worst = sum(gains.map((row) => Math.min(...row)));
  const best = sum(gains.map((row) => Math.max(...row)));
  return {
    decisions: decisionsOf(gains.map((row) => row.length)),
    reward: (tokens) => (sum(tokens.map((token, index) => gains[index][token])) - worst) / (best - worst),
  };
}

/** Standard deviation of the noise of `noisyLandscape`: about that of the rewards of random proposals. */
const NOISE = 0.06;

/** The separable landscape, of which a controller sees every reward with noise of its own, also for the same tokens. */
export function noisyLandscape(seed: number): Landscape {
  const { decisions, reward } = separableLandscape(seed);
  return {
    decisions,
    reward,
    observe: (tokens, evaluation) => reward(tokens) + NOISE * new Random(hashSeed("noisy", seed, evaluation)).normal(),
  };
}

/** Half of what counts is how neighbouring decisions go together: 42 decisions of 4 choices. */
export function coupledLandscape(seed: number): Landscape {
  const random = landscapeRandom("coupled", seed);
  const gains = numbers(random, new Array(42).fill(4));
  const pairs = numbers(random, new Array(41).fill(16));
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
  const random = landscapeRandom("latency", seed);
  const choices = new Array(BLOCKS).fill(BLOCK_CHOICES).flat();
  const capacities = numbers(random, choices);
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
