// What every space refuses, in the same words.
import type { SpaceDecision } from "./space.ts";

/** RangeError unless `tokens` has one legal token per decision; `space` is named in it. */
export function checkTokens(space: string, decisions: readonly SpaceDecision[], tokens: readonly number[]): void {
  if (tokens.length !== decisions.length) {
    throw new RangeError(`${space} takes ${decisions.length} tokens, got ${tokens.length}`);
  }
  for (const [index, { name, choices, legal }] of decisions.entries()) {
    const token = tokens[index];
    if (!Number.isInteger(token) || token < 0 || token >= choices.length) {
      throw new RangeError(`token ${index} (${name}) is ${token}; allowed are 0 to ${choices.length - 1}`);
    }
    if (legal === undefined) continue;
    const allowed = legal(tokens.slice(0, index));
    if (allowed[token]) continue;
    const others = choices.flatMap((choice, other) => allowed[other] ? `${other} (${choice})` : []);
    throw new RangeError(
      `token ${index} (${name}) is ${token} (${choices[token]}), which is not legal here; legal is ${
        others.join(", ")
      }`,
    );
  }
}
