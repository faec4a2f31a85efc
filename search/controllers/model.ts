// Model-based search: a Bayesian regression of the reward on choices and pairs of them, and Thompson sampling: each
// proposal is the best network by a draw from what the regression believes. A batch is diverse since the draws differ.
import * as z from "zod";
import type { Random } from "../../src/data/random.ts";
import type { ControllerStatistics, Decision } from "../controller.ts";
import { defineController, type Strategy } from "./definition.ts";
import { randomLegalTokens, tokensKey, unseenTokens } from "./legal_tokens.ts";
import { beliefScore, bestUnseen, climb } from "./regressor/ascent.ts";
import { ChoiceLayout } from "./regressor/pair_table.ts";
import { fittingPriors, isFailed, rewardBeliefs, type RewardPriors } from "./regressor/reward_beliefs.ts";
import { mean } from "./reward_scale.ts";
import { type Rewarded, rewardedSchema } from "./rewarded.ts";

const optionsSchema = z.strictObject({
  initialSamples: z.int().min(1).max(100_000).default(8).meta({
    description: "results before the regression proposes; samples are random until then",
  }),
  exploration: z.number().min(0).max(10).default(0.4).meta({
    description: "deviation of a draw from the mean of the regression: 1 as uncertain as it is, 0 always the mean",
  }),
  starts: z.int().min(1).max(1000).default(3).meta({
    description: "networks from which each draw is climbed: the best so far, and a random one",
  }),
  memory: z.int().min(2).max(2000).default(400).meta({
    description: "results that the regression takes in: half of them the latest, the rest the best before",
  }),
});

type ModelOptions = z.output<typeof optionsSchema>;

const stateSchema = z.object({ observations: z.array(rewardedSchema) });

/**
 * The prior is fitted to the first so many results, for the greatest number that there is. It grows by half, so that
 * fitting takes little time, and the prior depends on the results only, not on when they were told or asked for.
 */
const priorCounts = [2, 4, 6, 9, 13, 20, 30, 45, 68, 100, 150, 225];

/** Proposes nothing that it was told of while there is anything else. Refits from the results, which are its state. */
class Model implements Strategy {
  readonly #decisions: readonly Decision[];
  readonly #layout: ChoiceLayout;
  readonly #options: ModelOptions;
  #observations: Rewarded[] = [];
  #fitted: { count: number; priors: RewardPriors } | undefined;

  constructor(decisions: readonly Decision[], options: ModelOptions) {
    this.#decisions = decisions;
    this.#layout = new ChoiceLayout(decisions.map(({ choices }) => choices.length));
    this.#options = options;
  }

  propose(count: number, random: Random): number[][] {
    const seen = new Set(this.#observations.map(({ tokens }) => tokensKey(tokens)));
    const propose = this.#proposer(seen, random);
    return Array.from({ length: count }, () => {
      const proposed = propose();
      const known = seen.has(tokensKey(proposed));
      const tokens = known ? unseenTokens(this.#decisions, seen, random) ?? proposed : proposed;
      seen.add(tokensKey(tokens));
      return tokens;
    });
  }

  #proposer(seen: ReadonlySet<string>, random: Random): () => number[] {
    const randomTokens = () => randomLegalTokens(this.#decisions, random);
    if (this.#observations.length < this.#options.initialSamples) return randomTokens;
    const beliefs = rewardBeliefs(this.#layout, this.#remembered(), this.#priors());
    if (!beliefs) return randomTokens;
    const byReward = this.#observations.toSorted((one, other) => other.reward - one.reward);
    const best = byReward.slice(0, this.#options.starts - 1).map(({ tokens }) => tokens);
    return () => {
      const belief = beliefs.draw(random, this.#options.exploration);
      const tops = [...best, randomTokens()].map((start) => climb(belief, this.#decisions, start));
      const scores = tops.map((tokens) => beliefScore(belief, tokens));
      const top = tops[scores.indexOf(Math.max(...scores))];
      return bestUnseen(belief, this.#decisions, top, seen) ?? randomTokens();
    };
  }

  #remembered(): Rewarded[] {
    const { memory } = this.#options;
    if (this.#observations.length <= memory) return this.#observations;
    const latest = this.#observations.slice(-Math.ceil(memory / 2));
    const before = this.#observations.slice(0, -latest.length).sort((one, other) => other.reward - one.reward);
    return [...before.slice(0, memory - latest.length), ...latest];
  }

  #priors(): RewardPriors {
    const count = priorCounts.findLast((some) => some <= this.#observations.length) ?? 1;
    if (this.#fitted?.count !== count) {
      this.#fitted = { count, priors: fittingPriors(this.#observations.slice(0, count)) };
    }
    return this.#fitted.priors;
  }

  learn(told: readonly Rewarded[]): ControllerStatistics {
    this.#observations = [...this.#observations, ...told];
    return {
      meanReward: mean(told.map(({ reward }) => reward)),
      bestReward: this.#observations.reduce((best, { reward }) => Math.max(best, reward), -Infinity),
      results: this.#observations.length,
      failedResults: this.#observations.filter(isFailed).length,
    };
  }

  snapshot() {
    return { observations: this.#observations };
  }

  restore(snapshot: unknown): void {
    this.#observations = stateSchema.parse(snapshot).observations;
    this.#fitted = undefined;
  }
}

export const model = defineController({
  name: "model",
  summary: "a regression on choices and pairs of choices with Thompson sampling: needs the fewest samples",
  paper: "Thompson 1933, Biometrika 25; Wilson et al. 2020, arXiv 2002.09309",
  options: optionsSchema,
  begin: ({ decisions }, options) => new Model(decisions, options),
});
