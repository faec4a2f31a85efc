// Legal tokens of any space, drawn by chance.
import fc from "fast-check";
import { Random } from "../../../src/data/random.ts";
import type { SearchSpace } from "../../../src/spaces/space.ts";

/** Tokens by `random`, each uniform over those that are legal after the ones before it. */
export function drawTokens({ decisions }: Pick<SearchSpace, "decisions">, random: Random): number[] {
  const tokens: number[] = [];
  for (const { choices, legal } of decisions) {
    const mask = legal?.(tokens) ?? choices.map(() => true);
    const allowed = choices.flatMap((_choice, token) => mask[token] ? [token] : []);
    tokens.push(allowed[random.integer(allowed.length)]);
  }
  return tokens;
}

/** Arbitrary legal tokens of `space`, by seed. */
export function legalTokens(space: Pick<SearchSpace, "decisions">): fc.Arbitrary<number[]> {
  return fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((seed) => drawTokens(space, new Random(seed)));
}
