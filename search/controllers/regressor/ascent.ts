// The best tokens by a belief: steepest ascent, one decision at a time, over legal tokens only.
import type { Decision } from "../../controller.ts";
import { tokensKey, withChoice } from "../legal_tokens.ts";
import type { PairTable } from "./pair_table.ts";

/** What is believed of every network. */
export interface Belief {
  /** How good it is if it is feasible. */
  worth: PairTable;
  /** About 1 where it is feasible and about -1 where it fails; not given where none has failed. */
  feasibility?: PairTable;
}

// Being as infeasible as what failed costs more than any difference in worth, which is of about unit spread.
const infeasibilityPenalty = 10;
/** What is believed to be less feasible is avoided. On the safe side of 0, as the best is often at a limit. */
const leastFeasibility = 0.2;

function penalty(feasibility: number): number {
  return infeasibilityPenalty * Math.min(0, feasibility - leastFeasibility);
}

/** How good `tokens` are by `belief`. */
export function beliefScore({ worth, feasibility }: Belief, tokens: readonly number[]): number {
  return worth.score(tokens) + (feasibility ? penalty(feasibility.score(tokens)) : 0);
}

/** Tokens with one decision changed, and what that adds to the score. */
export interface Move {
  tokens: number[];
  gain: number;
}

/** A place in the space from which moves are made, with what makes judging them cheap. */
export class Position {
  #tokens: number[];
  readonly #worth: Float64Array;
  readonly #feasibility: Float64Array | undefined;
  #feasible: number;

  constructor(readonly belief: Belief, readonly decisions: readonly Decision[], tokens: readonly number[]) {
    this.#tokens = [...tokens];
    this.#worth = belief.worth.fields(tokens);
    this.#feasibility = belief.feasibility?.fields(tokens);
    this.#feasible = belief.feasibility?.score(tokens) ?? 0;
  }

  get tokens(): readonly number[] {
    return this.#tokens;
  }

  /**
   * The legal changes of one decision that gain more than `leastGain`, the best first. A change that makes later tokens
   * illegal puts the best by themselves in their place, and is then only about where it belongs in the order.
   */
  *moves(leastGain: number): Generator<Move> {
    const found: { index: number; choice: number; gain: number }[] = [];
    for (const [index, token] of this.#tokens.entries()) {
      for (let choice = 0; choice < this.decisions[index].choices.length; choice++) {
        if (choice === token) continue;
        const gain = this.#gain(index, choice);
        if (gain > leastGain) found.push({ index, choice, gain });
      }
    }
    // A stable sort, so that equal gains keep the order of decisions.
    found.sort((a, b) => b.gain - a.gain);
    for (const { index, choice, gain } of found) {
      const tokens = withChoice(this.decisions, this.#tokens, { index, choice, replace: this.#bestOf });
      if (!tokens) continue;
      const repaired = tokens.some((token, later) => later > index && token !== this.#tokens[later]);
      const exact = repaired ? beliefScore(this.belief, tokens) - beliefScore(this.belief, this.#tokens) : gain;
      if (exact > leastGain) yield { tokens, gain: exact };
    }
  }

  #gain(index: number, choice: number): number {
    const offset = this.belief.worth.layout.offsets[index];
    const [from, to] = [offset + this.#tokens[index], offset + choice];
    const gain = this.#worth[to] - this.#worth[from];
    if (!this.#feasibility) return gain;
    const after = this.#feasible + this.#feasibility[to] - this.#feasibility[from];
    return gain + penalty(after) - penalty(this.#feasible);
  }

  readonly #bestOf = (index: number, legal: readonly number[]): number =>
    legal.reduce((best, choice) => (this.#gain(index, choice) > this.#gain(index, best) ? choice : best));

  /** Goes to the tokens of a move. */
  goTo(tokens: readonly number[]): void {
    const { worth, feasibility } = this.belief;
    for (const [index, token] of tokens.entries()) {
      const from = this.#tokens[index];
      if (token === from) continue;
      worth.updateFields(this.#worth, index, from, token);
      if (feasibility && this.#feasibility) feasibility.updateFields(this.#feasibility, index, from, token);
    }
    this.#tokens = [...tokens];
    this.#feasible = feasibility?.score(tokens) ?? 0;
  }
}

// Gains below this are rounding.
const leastGain = 1e-9;

/** The tokens from which no legal change of one decision helps, coming from `start`. */
export function climb(belief: Belief, decisions: readonly Decision[], start: readonly number[]): readonly number[] {
  const position = new Position(belief, decisions, start);
  for (let steps = 10 * start.length; steps > 0; steps--) {
    const move = position.moves(leastGain).next();
    if (move.done) break;
    position.goTo(move.value.tokens);
  }
  return position.tokens;
}

// Known networks around which an unknown one is looked for: only of a space that is nearly exhausted are there so many.
const mostKnown = 300;

/**
 * The best tokens that are not in `seen` near `top`: itself, or what changes of such as are in `seen` lead to. Undefined
 * where very many of those have nothing else beside them.
 */
export function bestUnseen(
  belief: Belief,
  decisions: readonly Decision[],
  top: readonly number[],
  seen: ReadonlySet<string>,
): number[] | undefined {
  const reached = new Set([tokensKey(top)]);
  const open = [{ tokens: [...top], score: beliefScore(belief, top) }];
  for (let known = 0; known < mostKnown && open.length > 0; known++) {
    const best = open.reduce((one, other) => (other.score > one.score ? other : one));
    if (!seen.has(tokensKey(best.tokens))) return best.tokens;
    open.splice(open.indexOf(best), 1);
    for (const { tokens, gain } of new Position(belief, decisions, best.tokens).moves(-Infinity)) {
      const key = tokensKey(tokens);
      if (!reached.has(key)) open.push({ tokens, score: best.score + gain });
      reached.add(key);
      // The neighbours come best first: after one that is not known no other is of interest.
      if (!seen.has(key)) break;
    }
  }
  return undefined;
}
