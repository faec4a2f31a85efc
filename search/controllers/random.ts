import * as z from "zod";
import { Random } from "../../src/data/random.ts";
import type { Controller, ControllerOptions, ControllerStatistics, Result, Sample, Snapshot } from "../controller.ts";
import { checkCount, checkResults, checkSnapshot, choicesOf } from "./checks.ts";

const stateSchema = z.object({ nextId: z.int().min(0), random: z.array(z.int()) });

/** Every token uniformly at random, whatever the rewards: the baseline that any other controller has to beat. */
export class RandomController implements Controller {
  readonly name = "random";
  readonly #choices: readonly number[];
  #random: Random;
  #nextId = 0;

  constructor(options: ControllerOptions) {
    this.#choices = choicesOf(options.decisions);
    this.#random = new Random(options.seed);
  }

  ask(count: number): Sample[] {
    checkCount(count);
    return Array.from({ length: count }, () => ({
      id: this.#nextId++,
      tokens: this.#choices.map((choices) => this.#random.integer(choices)),
    }));
  }

  tell(results: readonly Result[]): void {
    checkResults(results, this.#choices);
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
