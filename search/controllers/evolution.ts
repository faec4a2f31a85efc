// Regularized evolution (Real et al. 2018, arXiv 1802.01548): what dies is the oldest, not the worst, so that a network
// which was lucky once does not stay. The numbers are for hundreds of samples, where the paper has 20,000.
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
import { mutateTokens, randomLegalTokens, tokensKey } from "./legal_tokens.ts";
import { mean } from "./reward_scale.ts";
import { type Rewarded, rewardedOf, rewardedSchema } from "./rewarded.ts";

const optionsSchema = z.strictObject({
  population: z.int().min(1).max(100_000).default(20).meta({
    description: "the latest so many results are alive; the first so many samples are random (the paper: 100)",
  }),
  tournament: z.int().min(1).max(100_000).default(15).meta({
    description: "living results, drawn with replacement, of which the best becomes the parent (the paper: 25)",
  }),
});

export type EvolutionOptions = z.output<typeof optionsSchema>;

const stateSchema = z.object({
  nextId: z.int().min(0),
  random: z.array(z.int()),
  population: z.array(rewardedSchema),
  statistics: z.record(z.string(), z.number()),
});

// A child that is alive already tells nothing new; in a small space it may be the only one there is.
const mutationTries = 10;

/** Every child is the winner of a tournament with one decision changed. */
export class EvolutionController implements Controller {
  readonly name = "evolution";
  readonly #decisions: readonly Decision[];
  readonly #choices: readonly number[];
  readonly #options: Readonly<EvolutionOptions>;
  #random: Random;
  #nextId = 0;
  /** Oldest first. */
  #population: Rewarded[] = [];
  #statistics: ControllerStatistics = {};

  constructor({ decisions, seed, ...options }: ControllerOptions & Partial<EvolutionOptions>) {
    this.#decisions = decisions;
    this.#choices = choicesOf(decisions);
    this.#options = optionsSchema.parse(options);
    this.#random = new Random(seed);
  }

  ask(count: number): Sample[] {
    checkCount(count);
    const known = new Set(this.#population.map(({ tokens }) => tokensKey(tokens)));
    return Array.from({ length: count }, () => {
      const tokens = this.#child(known);
      known.add(tokensKey(tokens));
      return { id: this.#nextId++, tokens };
    });
  }

  #child(known: ReadonlySet<string>): number[] {
    if (this.#population.length < this.#options.population || this.#isFlat()) {
      return randomLegalTokens(this.#decisions, this.#random);
    }
    let child = this.#parent();
    for (let tries = mutationTries; tries > 0; tries--) {
      child = mutateTokens(this.#decisions, this.#parent(), this.#random);
      if (!known.has(tokensKey(child))) break;
    }
    return child;
  }

  /** Whether all that live are equally good, such as all infeasible: none of them says where to look. */
  #isFlat(): boolean {
    const [first, ...others] = this.#population;
    return others.length > 0 && others.every(({ reward }) => reward === first.reward);
  }

  #parent(): number[] {
    const draw = () => this.#population[this.#random.integer(this.#population.length)];
    let best = draw();
    for (let round = 1; round < this.#options.tournament; round++) {
      const other = draw();
      if (other.reward > best.reward) best = other;
    }
    return best.tokens;
  }

  tell(results: readonly Result[]): void {
    checkResults(results, this.#decisions);
    const born = rewardedOf(results);
    if (born.length === 0) return;
    this.#population = [...this.#population, ...born].slice(-this.#options.population);
    const living = this.#population.map(({ reward }) => reward);
    this.#statistics = {
      meanReward: mean(born.map(({ reward }) => reward)),
      population: living.length,
      populationMeanReward: mean(living),
      populationBestReward: Math.max(...living),
    };
  }

  snapshot(): Snapshot {
    return {
      controller: this.name,
      choices: this.#choices,
      nextId: this.#nextId,
      random: this.#random.snapshot(),
      population: this.#population,
      statistics: this.#statistics,
    };
  }

  restore(snapshot: Snapshot): void {
    checkSnapshot(snapshot, this.name, this.#choices);
    const state = stateSchema.parse(snapshot);
    this.#random = Random.restore(state.random);
    this.#nextId = state.nextId;
    this.#population = state.population;
    this.#statistics = state.statistics;
  }

  statistics(): ControllerStatistics {
    return this.#statistics;
  }
}

export const evolution = defineController({
  name: "evolution",
  summary: "regularized evolution: children of tournament winners, the oldest dies",
  paper: "Real et al. 2018, arXiv 1802.01548",
  options: optionsSchema,
  create: (base, options) => new EvolutionController({ ...base, ...options }),
});
