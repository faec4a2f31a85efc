// The contract of a search space: decisions <-> Architecture.
import type { Architecture } from "../schemas/architecture.ts";

/** One choice; a token is an index into `choices`. */
export interface SpaceDecision {
  name: string;
  choices: readonly (string | number)[];
}

export interface SearchSpace {
  readonly name: string;
  readonly decisions: readonly SpaceDecision[];
  /** Throws a RangeError on a wrong number of tokens or one out of range. */
  decode(tokens: readonly number[]): Architecture;
  /**
   * The tokens of an architecture of this space: those it was decoded from where it carries them, else the first ones
   * that give the same network. Throws a RangeError for a network that the space cannot give.
   */
  encode(architecture: Architecture): number[];
  /** The network that the space's choices are relative to, its widths times `width`. */
  reference(width: number): Architecture;
}

/** What the networks of a space take in and give out. */
export interface SpaceOptions {
  height: number;
  width: number;
  channels: number;
  classes: number;
}
