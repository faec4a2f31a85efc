import * as z from "zod";
import { Random } from "../../src/data/random.ts";
import type {
  Controller,
  ControllerOptions,
  ControllerStatistics,
  Decision,
  Result,
  Sample,
  Snapshot,
} from "../controller.ts";
import { checkCount, checkResults, checkSnapshot, choicesOf, restoring } from "./checks.ts";
import { decoded } from "./decoded.ts";
import type { Strategy, StrategyStart } from "./definition.ts";
import { rewardedOf } from "./rewarded.ts";

const stateSchema = z.object({
  nextId: z.int().min(0),
  random: decoded(z.array(z.int()), (state) => Random.restore(state)),
  // Snapshots of "random" have been without.
  statistics: z.record(z.string(), z.number()).default({}),
});

/** The one controller there is, by any name: what it proposes and learns is its strategy's. */
export class StrategyController implements Controller {
  readonly name: string;
  readonly #decisions: readonly Decision[];
  readonly #choices: readonly number[];
  readonly #strategy: Strategy;
  #random: Random;
  #nextId = 0;
  #statistics: ControllerStatistics = {};

  /** Throws RangeError without decisions, or on a decision without choices. */
  constructor(
    name: string,
    { decisions, seed, begin }: ControllerOptions & { begin(start: StrategyStart): Strategy },
  ) {
    this.name = name;
    this.#decisions = decisions;
    this.#choices = choicesOf(decisions);
    this.#random = new Random(seed);
    this.#strategy = begin({ decisions, random: this.#random });
  }

  ask(count: number): Sample[] {
    checkCount(count);
    return this.#strategy.propose(count, this.#random).map((tokens) => ({ id: this.#nextId++, tokens }));
  }

  tell(results: readonly Result[]): void {
    checkResults(results, this.#decisions);
    const told = rewardedOf(results);
    if (told.length > 0) this.#statistics = this.#strategy.learn(told);
  }

  snapshot(): Snapshot {
    return {
      controller: this.name,
      choices: this.#choices,
      nextId: this.#nextId,
      random: this.#random.snapshot(),
      ...this.#strategy.snapshot(),
      statistics: this.#statistics,
    };
  }

  /** Throws RangeError on a snapshot of another controller or other decisions, and on a damaged one. */
  restore(snapshot: Snapshot): void {
    checkSnapshot(snapshot, this.name, this.#choices);
    const state = restoring(this.name, () => stateSchema.parse(snapshot));
    // Last of what may throw: a snapshot is taken over as a whole or not at all.
    restoring(this.name, () => this.#strategy.restore(snapshot));
    this.#random = state.random;
    this.#nextId = state.nextId;
    this.#statistics = state.statistics;
  }

  statistics(): ControllerStatistics {
    return this.#statistics;
  }
}
