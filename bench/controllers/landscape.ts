// What a toy problem for controllers is, and what they are made of.
import { hashSeed, Random } from "../../src/data/random.ts";
import type { Decision } from "../../search/controller.ts";

/** Rewards of token sequences that cost nothing to compute and whose shape is known. */
export interface Landscape {
  decisions: Decision[];
  /** From 0 to 1, the same for the same tokens: what a proposal is judged by. */
  reward(tokens: readonly number[]): number;
  /**
   * What the controller is told of the `evaluation`-th proposal: `reward` plus noise that is another at every
   * evaluation; not given where there is none.
   */
  observe?(tokens: readonly number[], evaluation: number): number;
}

/** Numbers of choices: seven blocks of six decisions each, as in the MnasNet space. */
export const BLOCKS = 7;
export const BLOCK_CHOICES = [4, 2, 2, 3, 3, 3];

/**
 * What the landscape `seed` of a kind is drawn from. Not from the seed itself: a controller of the same seed would draw
 * the same numbers, and random search would propose the tokens that a trap is built from.
 */
export function landscapeRandom(kind: string, seed: number): Random {
  return new Random(hashSeed("landscape", kind, seed));
}

/** Uniform numbers in [0, 1), one row per width. */
export function numbers(random: Random, widths: readonly number[]): number[][] {
  return widths.map((width) => Array.from({ length: width }, () => random.next()));
}

/** Decisions with these numbers of choices. */
export function decisionsOf(choices: readonly number[]): Decision[] {
  return choices.map((count, index) => ({
    name: `decision ${index}`,
    choices: Array.from({ length: count }).keys().toArray(),
  }));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
