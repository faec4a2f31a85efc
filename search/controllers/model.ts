// Model-based search: a Bayesian regression of the reward on choices and pairs of them, and Thompson sampling: each
// proposal is the best network by a draw from what the regression believes. A batch is diverse since the draws differ.
// It is sure of itself also where rewards are nothing like a sum over choices and pairs, and on a staircase may then
// never try what leads to the next step. So where several networks are equally the best, part of the proposals are
// neighbours of one of them, as in a local search.
import * as z from "zod";
import type { Random } from "../../src/data/random.ts";
import type { ControllerStatistics, Decision } from "../controller.ts";
import { defineController, type Strategy } from "./definition.ts";
import { randomLegalTokens, tokensKey, unknownNeighbour, unseenTokens } from "./legal_tokens.ts";
import { beliefScore, bestUnseen, climb } from "./regressor/ascent.ts";
import { ChoiceLayout } from "./regressor/pair_table.ts";
import { fittingPriors, isFailed, rewardBeliefs, type RewardPriors } from "./regressor/reward_beliefs.ts";
import { mean } from "./reward_scale.ts";
import { type Rewarded, rewardedSchema } from "./rewarded.ts";

/**
 * Neighbours: on a staircase of 15 steps they take the best of 200 samples from 0.38 to 0.73 of its height (evolution
 * 0.57; 30 seeds). They cost nothing where rewards seldom tie: on the landscapes of bench/landscapes.ts, also rounded to
 * 1/200. With noise and rounded to 1/50 they cost 0.02 of 0.84. More exploration instead, in all draws or some, costs
 * more, and where there are no ties too.
 */
const optionsSchema = z.strictObject({
  initialSamples: z.int().min(1).max(100_000).default(8).meta({
    description: "results before the regression proposes; samples are random until then",
  }),
  exploration: z.number().min(0).max(10).default(0.4).meta({
    description: "deviation of a draw from the mean of the regression: 1 as uncertain as it is, 0 always the mean",
  }),
  neighbours: z.number().min(0).max(1).default(0.5).meta({
    description: "share of proposals, while several networks are equally the best, that are one of these with one " +
      "decision changed",
  }),
  starts: z.int().min(1).max(1000).default(3).meta({
    description: "networks from which each draw is climbed: the best so far, and a random one",
  }),
  memory: z.int().min(2).max(2000).default(400).meta({
    description: "results that the regression takes in: half of them the latest, the rest the best before",
  }),
});

type ModelOptions = z.output<typeof optionsSchema>;

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
    const { exploration, neighbours, starts } = this.#options;
    const feasible = this.#observations.filter((observation) => !isFailed(observation))
      .sort((one, other) => other.reward - one.reward);
    const [first, second] = feasible;
    // Not where all that is feasible is equally good, which is anywhere rather than on a step.
    const onStep = second?.reward === first.reward && feasible[feasible.length - 1].reward < first.reward;
    const best = feasible.slice(0, starts - 1).map(({ tokens }) => tokens);
    return () => {
      if (onStep && random.next() < neighbours) {
        const neighbour = unknownNeighbour(this.#decisions, first.tokens, (key) => seen.has(key), random);
        if (neighbour) return neighbour;
      }
      const belief = beliefs.draw(random, exploration);
      // The random one first, as the first of equal scores is taken: on a plateau all have the same.
      const tops = [randomTokens(), ...best].map((start) => climb(belief, this.#decisions, start));
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
    const stateSchema = z.object({ observations: z.array(rewardedSchema(this.#decisions)) });
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
