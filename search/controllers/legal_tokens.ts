// Moves among the legal token sequences of a space, for controllers that propose by chance, by mutation or by ascent.
import type { Decision } from "../controller.ts";
import type { Random } from "../../src/data/random.ts";
import { isLegalToken, legalChoices } from "./checks.ts";

/** The legal choices of decision `index` after the tokens `before`; RangeError where there are none. */
function allowedChoices(decisions: readonly Decision[], index: number, before: readonly number[]): number[] {
  const legal = legalChoices(decisions[index], before);
  const all = Array.from(decisions[index].choices.keys());
  return legal ? all.filter((choice) => legal[choice]) : all;
}

/** Tokens drawn one after the other, each uniformly from its legal choices. */
export function randomLegalTokens(decisions: readonly Decision[], random: Random): number[] {
  const tokens: number[] = [];
  for (let index = 0; index < decisions.length; index++) {
    tokens.push(pick(allowedChoices(decisions, index, tokens), random));
  }
  return tokens;
}

/**
 * `tokens` with decision `index` at `choice`, or undefined where that is illegal. Later tokens which that makes illegal
 * become what `replace` picks of their legal choices; the others stay.
 */
export function withChoice(
  decisions: readonly Decision[],
  tokens: readonly number[],
  change: { index: number; choice: number; replace(index: number, legal: readonly number[]): number },
): number[] | undefined {
  const { index, choice, replace } = change;
  const changed = tokens.slice(0, index);
  if (!isLegalToken(decisions[index], changed, choice)) return undefined;
  changed.push(choice);
  for (let later = index + 1; later < decisions.length; later++) {
    const stays = isLegalToken(decisions[later], changed, tokens[later]);
    changed.push(stays ? tokens[later] : replace(later, allowedChoices(decisions, later, changed)));
  }
  return changed;
}

/**
 * `tokens` with one decision, drawn uniformly from those that have an alternative, at another of its legal choices;
 * later tokens that this makes illegal are drawn anew. The same tokens where no decision has an alternative.
 */
export function mutateTokens(decisions: readonly Decision[], tokens: readonly number[], random: Random): number[] {
  const order = Array.from(decisions.keys());
  random.shuffle(order);
  for (const index of order) {
    const legal = allowedChoices(decisions, index, tokens.slice(0, index));
    const others = legal.filter((choice) => choice !== tokens[index]);
    if (others.length === 0) continue;
    const change = {
      index,
      choice: pick(others, random),
      replace: (_: number, to: readonly number[]) => pick(to, random),
    };
    return withChoice(decisions, tokens, change) ?? [...tokens];
  }
  return [...tokens];
}

// Draws of a neighbour that is not known; where all of so many were, next to none is left.
const neighbourTries = 30;

/** {@linkcode mutateTokens} of `tokens` whose key `isKnown` denies; undefined where there are next to none. */
export function unknownNeighbour(
  decisions: readonly Decision[],
  tokens: readonly number[],
  isKnown: (key: string) => boolean,
  random: Random,
): number[] | undefined {
  for (let tries = neighbourTries; tries > 0; tries--) {
    const neighbour = mutateTokens(decisions, tokens, random);
    if (!isKnown(tokensKey(neighbour))) return neighbour;
  }
}

/**
 * Legal tokens whose {@linkcode tokensKey} is not in `seen`, undefined where there are none. Walks the tree of choices
 * in an order drawn from `random`; every leaf is another network, so it stops after at most `seen.size` + 1 of them.
 */
export function unseenTokens(
  decisions: readonly Decision[],
  seen: ReadonlySet<string>,
  random: Random,
): number[] | undefined {
  const tokens: number[] = [];
  function descend(): boolean {
    if (tokens.length === decisions.length) return !seen.has(tokensKey(tokens));
    const choices = allowedChoices(decisions, tokens.length, tokens);
    random.shuffle(choices);
    for (const choice of choices) {
      tokens.push(choice);
      if (descend()) return true;
      tokens.pop();
    }
    return false;
  }
  return descend() ? tokens : undefined;
}

/** Equal for equal tokens only. */
export function tokensKey(tokens: readonly number[]): string {
  return tokens.join(",");
}

function pick(from: readonly number[], random: Random): number {
  return from[random.integer(from.length)];
}
