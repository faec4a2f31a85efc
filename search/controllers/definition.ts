// What a row of the table of controllers is, and what it brings of its own: how it proposes and learns.
import type * as z from "zod";
import type { Random } from "../../src/data/random.ts";
import type { ControllerStatistics, Decision } from "../controller.ts";
import type { Rewarded } from "./rewarded.ts";

/** A way to search. What all have in common, `StrategyController` does: checks, ids, the generator's state, figures. */
export interface Strategy {
  /** Legal tokens of `count` networks; all chance is drawn from `random`. */
  propose(count: number, random: Random): number[][];
  /** Learns from a batch, checked and not empty, in which all have a reward; returns the figures of the update. */
  learn(told: readonly Rewarded[]): ControllerStatistics;
  /** What it has learned, JSON-able, with keys of its own in the controller's snapshot. */
  snapshot(): Readonly<Record<string, unknown>>;
  /**
   * Continues from a controller's snapshot; where its keys in there are not as they should be, throws ZodError and stays as
   * it was.
   */
  restore(snapshot: unknown): void;
}

/** What a strategy begins with: the decisions, and the generator for what it draws at the start. */
export interface StrategyStart {
  decisions: readonly Decision[];
  random: Random;
}

/** A controller by name, with options of its own. */
export interface ControllerDefinition<Schema extends z.ZodObject = z.ZodObject> {
  name: string;
  /** How it searches, in a sentence. */
  summary: string;
  /** Where it comes from. */
  paper: string;
  /** A strict object; every option has a default and a description. */
  options: Schema;
  /** `options` are complete, and every decision has choices. */
  begin(start: StrategyStart, options: z.output<Schema>): Strategy;
}

/** `definition` as it is: for the types of its options. */
export function defineController<Schema extends z.ZodObject>(
  definition: ControllerDefinition<Schema>,
): ControllerDefinition<Schema> {
  return definition;
}
