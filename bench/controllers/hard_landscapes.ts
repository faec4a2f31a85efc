// Landscapes on which a better choice is not simply better: few decisions that all interact, traps, and masks and
// cliffs.
import type { Decision } from "../../search/controller.ts";
import { BLOCKS, decisionsOf, type Landscape, landscapeRandom, numbers, sum } from "./landscape.ts";

/** Six decisions of 5 choices, 15,625 networks, in which every two decisions go together more or less well. */
export function smallLandscape(seed: number): Landscape {
  const random = landscapeRandom("small", seed);
  const count = 6;
  const gains = numbers(random, new Array(count).fill(5));
  const pairs = numbers(random, new Array(count * count).fill(25));
  return {
    decisions: decisionsOf(gains.map((row) => row.length)),
    reward: (tokens) => {
      let [total, parts] = [0, 0];
      for (let one = 0; one < count; one++) {
        // A decision by itself counts as much as three pairs.
        total += 3 * gains[one][tokens[one]];
        parts += 3;
        for (let other = one + 1; other < count; other++, parts++) {
          total += pairs[one * count + other][5 * tokens[one] + tokens[other]];
        }
      }
      return total / parts;
    },
  };
}

const TRAP_SIZE = 3;
const TRAPS = 8;
/** What a trap's decoy is worth, where its best is worth 1. */
const DECOY_REWARD = 0.8;

/**
 * Eight traps of three decisions of 4 choices. In each, one triple of tokens gives 1, and every token short of it
 * counts nothing; another triple, the decoy, gives 0.8, and each of its tokens a third of that (Deb and Goldberg 1993).
 */
export function deceptiveLandscape(seed: number): Landscape {
  const random = landscapeRandom("deceptive", seed);
  const best = Array.from({ length: TRAPS * TRAP_SIZE }, () => random.integer(4));
  const decoy = best.map((token) => (token + 1 + random.integer(3)) % 4);
  return {
    decisions: decisionsOf(best.map(() => 4)),
    reward: (tokens) => {
      let total = 0;
      for (let start = 0; start < tokens.length; start += TRAP_SIZE) {
        let [hits, lures] = [0, 0];
        for (let index = start; index < start + TRAP_SIZE; index++) {
          if (tokens[index] === best[index]) hits++;
          if (tokens[index] === decoy[index]) lures++;
        }
        total += hits === TRAP_SIZE ? 1 : DECOY_REWARD * lures / TRAP_SIZE;
      }
      return total / TRAPS;
    },
  };
}

const OPERATIONS = ["conv", "separable", "expand 3", "expand 6"];

/** One block in the manner of the MnasNet space, without the choices that would mean nothing. */
function blockDecisions(block: number): Decision[] {
  const first = 6 * block;
  const name = (what: string) => `block ${block + 1} ${what}`;
  return [
    { name: name("operation"), choices: OPERATIONS },
    { name: name("kernel"), choices: [3, 5] },
    // Squeeze and excitation sits on an expansion; there is none in a plain or separable convolution.
    { name: name("squeeze"), choices: [0, 0.25], legal: (before) => [true, before[first] >= 2] },
    // A pooled way around needs a stride, which odd blocks have; they have no identity.
    {
      name: name("skip"),
      choices: ["pool", "identity", "none"],
      legal: () => block % 2 === 0 ? [true, false, true] : [false, true, true],
    },
    { name: name("width"), choices: [0.75, 1, 1.25] },
    // One layer less is nothing where the operation is narrow at once.
    { name: name("depth"), choices: [-1, 0, 1], legal: (before) => [before[first + 4] > 0, true, true] },
  ];
}

/**
 * 42 decisions as in the MnasNet space, 21 of them with choices that are illegal after others. Capacity counts with
 * diminishing returns; a network above the limit of cost, as about three of ten random ones are, is infeasible: reward
 * 0.
 */
export function maskedLandscape(seed: number): Landscape {
  const random = landscapeRandom("masked", seed);
  const decisions = Array.from({ length: BLOCKS }, (_, block) => blockDecisions(block)).flat();
  const widths = decisions.map(({ choices }) => choices.length);
  const capacities = numbers(random, widths);
  const costs = capacities.map((row) => row.map((capacity) => 0.6 * capacity + 0.4 * random.next()));
  // Neighbouring blocks of like operation suit each other more or less.
  const affinities = numbers(random, new Array(BLOCKS - 1).fill(OPERATIONS.length ** 2));
  const limit = 1.02 * sum(costs.map((row) => sum(row) / row.length));
  return {
    decisions,
    reward: (tokens) => {
      if (sum(tokens.map((token, index) => costs[index][token])) > limit) return 0;
      const capacity = sum(tokens.map((token, index) => capacities[index][token]));
      const affinity = sum(
        affinities.map((row, block) => row[OPERATIONS.length * tokens[6 * block] + tokens[6 * block + 6]]),
      );
      return 1 - Math.exp(-(capacity + affinity) / 25);
    },
  };
}
