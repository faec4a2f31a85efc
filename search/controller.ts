// The contract of a controller: what proposes architectures and learns from their rewards.
// Deterministic: the same seed and the same calls give the same samples, also across snapshot and restore.

/** One choice that a search space asks for. */
export interface Decision {
  name: string;
  /** Values to choose from; a token is an index into them. */
  choices: readonly unknown[];
  /**
   * Which choices are legal after the tokens `before`, one per earlier decision; all where not given. Pure, and at least
   * one is. A controller proposes legal tokens only; the share of an illegal token goes to the legal ones.
   */
  legal?(before: readonly number[]): readonly boolean[];
  /** What `legal` says of one token, where asking for that alone is cheaper; only beside `legal`. */
  isLegal?(before: readonly number[], token: number): boolean;
}

/** A proposal: one token per decision. */
export interface Sample {
  /** Counts up from 0 over the life of a controller. */
  id: number;
  tokens: number[];
}

/** The answer to a sample. */
export interface Result {
  sample: Sample;
  /**
   * Larger for better. Exactly 0: the student breaks a limit, which may be learned apart from how good others are; one
   * that is merely bad has another number. Null: failed for a reason outside the student, left out of learning.
   */
  reward: number | null;
}

/** Figures of the last update, for logs and reports; empty where there are none. */
export type ControllerStatistics = Readonly<Record<string, number>>;

/** A state that survives JSON. */
export type Snapshot = { readonly controller: string; readonly [key: string]: unknown };

export interface Controller {
  readonly name: string;
  /** Proposes `count` (a positive integer, else RangeError) samples. */
  ask(count: number): Sample[];
  /** Learns from a batch of results; the order is that of the ask. Throws RangeError on tokens out of range or a reward
   * that is neither null nor a finite number. */
  tell(results: readonly Result[]): void;
  /** JSON-able state, complete: `restore` on a controller of the same name and decisions continues bit for bit. */
  snapshot(): Snapshot;
  restore(snapshot: Snapshot): void;
  statistics(): ControllerStatistics;
}

/** Options of every controller; each adds its own. */
export interface ControllerOptions {
  decisions: readonly Decision[];
  seed: number;
}
