// What every controller refuses, in the same words.
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

/** RangeError unless every result has one token in range per decision, and a reward that is null or finite. */
export function checkResults(results: readonly Result[], choices: readonly number[]): void {
  for (const { sample: { id, tokens }, reward } of results) {
    if (tokens.length !== choices.length) {
      throw new RangeError(`Sample ${id} has ${tokens.length} tokens; there are ${choices.length} decisions`);
    }
    for (const [index, token] of tokens.entries()) {
      if (!Number.isInteger(token) || token < 0 || token >= choices[index]) {
        const last = choices[index] - 1;
        throw new RangeError(`Token ${index} of sample ${id} is ${token}; allowed are integers from 0 to ${last}`);
      }
    }
    if (reward !== null && !Number.isFinite(reward)) {
      throw new RangeError(`The reward of sample ${id} is ${reward}; allowed are finite numbers and null`);
    }
  }
}

/** RangeError unless `snapshot` is of the controller `name` over decisions with these numbers of `choices`. */
export function checkSnapshot(snapshot: Snapshot, name: string, choices: readonly number[]): void {
  if (snapshot.controller !== name) {
    throw new RangeError(`Cannot restore "${name}" from a snapshot of "${snapshot.controller}"`);
  }
  const [theirs, ours] = [JSON.stringify(snapshot.choices), JSON.stringify(choices)];
  if (theirs !== ours) {
    throw new RangeError(`Cannot restore "${name}": the snapshot's decisions have ${theirs} choices, not ${ours}`);
  }
}
