// Regularized evolution (Real et al. 2018, arXiv 1802.01548): what dies is the oldest, not the worst, so that a network
// which was lucky once does not stay. The numbers are for hundreds of samples, where the paper has 20,000.
import * as z from "zod";
import type { Random } from "../../src/data/random.ts";
import type { ControllerStatistics, Decision } from "../controller.ts";
import { defineController, type Strategy } from "./definition.ts";
import { mutateTokens, randomLegalTokens, tokensKey } from "./legal_tokens.ts";
import { mean } from "./reward_scale.ts";
import { type Rewarded, rewardedSchema } from "./rewarded.ts";

const optionsSchema = z.strictObject({
  population: z.int().min(1).max(100_000).default(20).meta({
    description: "the latest so many results are alive; the first so many samples are random (the paper: 100)",
  }),
  tournament: z.int().min(1).max(100_000).default(15).meta({
    description: "living results, drawn with replacement, of which the best becomes the parent (the paper: 25)",
  }),
});

type EvolutionOptions = z.output<typeof optionsSchema>;

// A child that is alive already tells nothing new; in a small space it may be the only one there is.
const mutationTries = 10;

/** Every child is the winner of a tournament with one decision changed. */
class Evolution implements Strategy {
  readonly #decisions: readonly Decision[];
  readonly #options: EvolutionOptions;
  /** Oldest first. */
  #population: Rewarded[] = [];

  constructor(decisions: readonly Decision[], options: EvolutionOptions) {
    this.#decisions = decisions;
    this.#options = options;
  }

  propose(count: number, random: Random): number[][] {
    const known = new Set(this.#population.map(({ tokens }) => tokensKey(tokens)));
    return Array.from({ length: count }, () => {
      const child = this.#child(known, random);
      known.add(tokensKey(child));
      return child;
    });
  }

  #child(known: ReadonlySet<string>, random: Random): number[] {
    if (this.#population.length < this.#options.population || this.#isFlat()) {
      return randomLegalTokens(this.#decisions, random);
    }
    let child = this.#parent(random);
    for (let tries = mutationTries; tries > 0; tries--) {
      child = mutateTokens(this.#decisions, this.#parent(random), random);
      if (!known.has(tokensKey(child))) break;
    }
    return child;
  }

  /** Whether all that live are equally good, such as all infeasible: none of them says where to look. */
  #isFlat(): boolean {
    const [first, ...others] = this.#population;
    return others.length > 0 && others.every(({ reward }) => reward === first.reward);
  }

  #parent(random: Random): number[] {
    const draw = () => this.#population[random.integer(this.#population.length)];
    let best = draw();
    for (let round = 1; round < this.#options.tournament; round++) {
      const other = draw();
      if (other.reward > best.reward) best = other;
    }
    return best.tokens;
  }

  learn(born: readonly Rewarded[]): ControllerStatistics {
    this.#population = [...this.#population, ...born].slice(-this.#options.population);
    const living = this.#population.map(({ reward }) => reward);
    return {
      meanReward: mean(born.map(({ reward }) => reward)),
      population: living.length,
      populationMeanReward: mean(living),
      populationBestReward: Math.max(...living),
    };
  }

  snapshot() {
    return { population: this.#population };
  }

  restore(snapshot: unknown): void {
    const stateSchema = z.object({ population: z.array(rewardedSchema(this.#decisions)) });
    this.#population = stateSchema.parse(snapshot).population;
  }
}

export const evolution = defineController({
  name: "evolution",
  summary: "regularized evolution: children of tournament winners, the oldest dies",
  paper: "Real et al. 2018, arXiv 1802.01548",
  options: optionsSchema,
  begin: ({ decisions }, options) => new Evolution(decisions, options),
});
