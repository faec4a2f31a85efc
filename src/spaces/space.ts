// The contract of a search space: decisions <-> Architecture.
import type { Architecture } from "../schemas/architecture.ts";

/** One choice; a token is an index into `choices`. */
export interface SpaceDecision {
  name: string;
  choices: readonly (string | number)[];
  /** Which choices are legal after the tokens `before`, one per earlier decision; all where not given. At least one is. */
  legal?(before: readonly number[]): readonly boolean[];
  /** What `legal` says of one token, where asking for that alone is cheaper; only beside `legal`. */
  isLegal?(before: readonly number[], token: number): boolean;
}

export interface SearchSpace {
  readonly name: string;
  readonly decisions: readonly SpaceDecision[];
  /** Throws a RangeError on a wrong number of tokens, one out of range, or an illegal one. */
  decode(tokens: readonly number[]): Architecture;
  /**
   * The tokens of an architecture of this space: those it was decoded from where it carries them, else the first ones
   * that give the same network. Throws a RangeError for a network that the space cannot give.
   */
  encode(architecture: Architecture): number[];
  /** The network that the space's choices are relative to, its widths times `width`. */
  reference(width: number): Architecture;
  /** The network that every network of the space contains, for spaces that grow one: students start from its weights. */
  readonly backbone?: Architecture;
}

/** What the networks of a space take in and give out. */
export interface SpaceOptions {
  height: number;
  width: number;
  channels: number;
  classes: number;
}
