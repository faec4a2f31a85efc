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
import { checkCount, checkResults, checkSnapshot, choicesOf } from "./checks.ts";
import { defineController } from "./definition.ts";
import { randomLegalTokens } from "./legal_tokens.ts";

const stateSchema = z.object({ nextId: z.int().min(0), random: z.array(z.int()) });

/** Every token uniformly at random among the legal ones, whatever the rewards: the baseline for all others. */
class RandomController implements Controller {
  readonly name = "random";
  readonly #decisions: readonly Decision[];
  readonly #choices: readonly number[];
  #random: Random;
  #nextId = 0;

  constructor(options: ControllerOptions) {
    this.#decisions = options.decisions;
    this.#choices = choicesOf(options.decisions);
    this.#random = new Random(options.seed);
  }

  ask(count: number): Sample[] {
    checkCount(count);
    return Array.from({ length: count }, () => ({
      id: this.#nextId++,
      tokens: randomLegalTokens(this.#decisions, this.#random),
    }));
  }

  tell(results: readonly Result[]): void {
    checkResults(results, this.#decisions);
  }

  snapshot(): Snapshot {
    return { controller: this.name, choices: this.#choices, nextId: this.#nextId, random: this.#random.snapshot() };
  }

  restore(snapshot: Snapshot): void {
    checkSnapshot(snapshot, this.name, this.#choices);
    const state = stateSchema.parse(snapshot);
    this.#random = Random.restore(state.random);
    this.#nextId = state.nextId;
  }

  statistics(): ControllerStatistics {
    return {};
  }
}

export const random = defineController({
  name: "random",
  summary: "every choice at random: the baseline",
  paper: "Bergstra and Bengio 2012, JMLR 13",
  options: z.strictObject({}),
  create: (base) => new RandomController(base),
});
