// What every controller refuses, in the same words.
import * as z from "zod";
import { firstIssue } from "../../src/schemas/first_issue.ts";
import type { Decision, Result, Snapshot } from "../controller.ts";

/** The number of choices of each decision; RangeError where there is nothing to decide. */
export function choicesOf(decisions: readonly Decision[]): number[] {
  if (decisions.length === 0) throw new RangeError("A controller needs at least one decision, got none");
  return decisions.map(({ name, choices }) => {
    if (choices.length === 0) throw new RangeError(`Decision "${name}" has no choices; at least one is needed`);
    return choices.length;
  });
}

/** RangeError unless `count` is a positive integer. */
export function checkCount(count: number): void {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new RangeError(`Cannot ask for ${count} samples: the count must be a positive integer`);
  }
}

/**
 * Which choices of `decision` are legal after the tokens `before`; null where all are. RangeError where the decision's
 * own answer is none of that: another number of choices, or not one of them legal.
 */
export function legalChoices(decision: Decision, before: readonly number[]): readonly boolean[] | null {
  if (decision.legal === undefined) return null;
  const legal = decision.legal(before);
  if (legal.length !== decision.choices.length) {
    const expected = decision.choices.length;
    throw new RangeError(
      `Decision "${decision.name}" tells of ${legal.length} choices which are legal; it has ${expected}`,
    );
  }
  if (!legal.includes(true)) {
    throw new RangeError(`Decision "${decision.name}" has no legal choice after [${before}]; at least one is needed`);
  }
  return legal;
}

/** Whether `decision` allows `token`, one of its choices, after the tokens `before`. */
export function isLegalToken(decision: Decision, before: readonly number[], token: number): boolean {
  if (decision.isLegal) return decision.isLegal(before, token);
  return legalChoices(decision, before)?.[token] !== false;
}

/** What is wrong with `tokens` for `decisions`; undefined where there is one legal token in range for each. */
export function wrongTokens(tokens: readonly number[], decisions: readonly Decision[]): string | undefined {
  if (tokens.length !== decisions.length) {
    return `${tokens.length} tokens; there are ${decisions.length} decisions`;
  }
  for (const [index, token] of tokens.entries()) {
    const last = decisions[index].choices.length - 1;
    if (!Number.isInteger(token) || token < 0 || token > last) {
      return `token ${index} is ${token}; allowed are integers from 0 to ${last}`;
    }
    const before = tokens.slice(0, index);
    if (!isLegalToken(decisions[index], before, token)) {
      return `token ${index} is ${token}, which is illegal after [${before}]`;
    }
  }
}

/** RangeError unless every result has one legal token in range per decision, and a reward that is null or finite. */
export function checkResults(results: readonly Result[], decisions: readonly Decision[]): void {
  for (const { sample: { id, tokens }, reward } of results) {
    const wrong = wrongTokens(tokens, decisions);
    if (wrong) throw new RangeError(`Sample ${id}: ${wrong}`);
    if (reward !== null && !Number.isFinite(reward)) {
      throw new RangeError(`The reward of sample ${id} is ${reward}; allowed are finite numbers and null`);
    }
  }
}

/** What `restore` gives; RangeError of one line, which names the field, where the snapshot is not as that needs it. */
export function restoring<Value>(name: string, restore: () => Value): Value {
  try {
    return restore();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new RangeError(`Cannot restore "${name}": the snapshot is damaged: ${firstIssue(error)}`, { cause: error });
  }
}

const ownerSchema = z.object({ controller: z.string(), choices: z.unknown() });

/** RangeError unless `snapshot` is of the controller `name` over decisions with these numbers of `choices`. */
export function checkSnapshot(snapshot: Snapshot, name: string, choices: readonly number[]): void {
  const owner = restoring(name, () => ownerSchema.parse(snapshot));
  if (owner.controller !== name) {
    throw new RangeError(`Cannot restore "${name}" from a snapshot of "${owner.controller}"`);
  }
  const [theirs, ours] = [JSON.stringify(owner.choices), JSON.stringify(choices)];
  if (theirs !== ours) {
    throw new RangeError(`Cannot restore "${name}": the snapshot's decisions have ${theirs} choices, not ${ours}`);
  }
}
