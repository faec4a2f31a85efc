// What the controllers with an LSTM for a policy have in common: all but how they learn from a batch.
import * as z from "zod";
import type { Random } from "../../src/data/random.ts";
import type { ControllerStatistics } from "../controller.ts";
import { Adam, adamStateSchema } from "./adam.ts";
import type { Strategy, StrategyStart } from "./definition.ts";
import { encodeFloat64, float64Schema } from "./float64_text.ts";
import { LstmPolicy, type LstmPolicyOptions } from "./lstm_policy.ts";
import { mean, type RewardScaleName, rewardScales } from "./reward_scale.ts";
import type { Rewarded } from "./rewarded.ts";

/** Options of every such controller, complete. */
interface LstmStrategyOptions extends Omit<LstmPolicyOptions, "decisions"> {
  learningRate: number;
  rewards: RewardScaleName;
  rewardWindow: number;
  baselineDecay: number;
}

/** What there is to learn from, and what learns. */
export interface LstmBatch {
  policy: LstmPolicy;
  /** Of the policy's parameters. */
  adam: Adam;
  /** Proposals that came back, and what they were worth on the controller's scale of rewards. */
  judged: readonly { tokens: readonly number[]; worth: number }[];
  /** What was expected of them. */
  baseline: number;
}

/** Learns from a batch; returns the figures of the update. */
type LearnBatch<Options> = (batch: LstmBatch, options: Options) => ControllerStatistics;

function stateSchema(parameters: number) {
  return z.object({
    parameters: float64Schema(parameters),
    adam: adamStateSchema(parameters),
    recentRewards: z.array(z.number()),
    baseline: z.number().nullable(),
  });
}

/** Learns in batches: the cost of each grows with the number of its results only. */
export class LstmStrategy<Options extends LstmStrategyOptions> implements Strategy {
  readonly #policy: LstmPolicy;
  readonly #adam: Adam;
  readonly #options: Options;
  readonly #learnBatch: LearnBatch<Options>;
  #recentRewards: number[] = [];
  /** Moving average of what proposals were worth; null before the first. */
  #baseline: number | null = null;

  constructor({ decisions, random }: StrategyStart, options: Options, learnBatch: LearnBatch<Options>) {
    this.#policy = new LstmPolicy({ ...options, decisions }, random);
    this.#adam = new Adam(this.#policy.parameters.length, options.learningRate);
    this.#options = options;
    this.#learnBatch = learnBatch;
  }

  propose(count: number, random: Random): number[][] {
    return Array.from({ length: count }, () => this.#policy.sample(random));
  }

  learn(told: readonly Rewarded[]): ControllerStatistics {
    const rewards = told.map(({ reward }) => reward);
    const window = Math.max(this.#options.rewardWindow, rewards.length);
    this.#recentRewards = [...this.#recentRewards, ...rewards].slice(-window);
    const worths = rewardScales[this.#options.rewards](rewards, this.#recentRewards);
    const judged = told.map(({ tokens }, index) => ({ tokens, worth: worths[index] }));
    const batch = { policy: this.#policy, adam: this.#adam, judged, baseline: this.#moveBaseline(worths) };
    return { meanReward: mean(rewards), ...this.#learnBatch(batch, this.#options) };
  }

  /** The baseline from before `worths`, of the first batch its mean; moves it as by one of them after the other. */
  #moveBaseline(worths: readonly number[]): number {
    const centre = mean(worths);
    const baseline = this.#baseline ?? centre;
    const kept = this.#options.baselineDecay ** worths.length;
    this.#baseline = kept * baseline + (1 - kept) * centre;
    return baseline;
  }

  snapshot() {
    return {
      parameters: encodeFloat64(this.#policy.parameters),
      adam: this.#adam.snapshot(),
      recentRewards: this.#recentRewards,
      baseline: this.#baseline,
    };
  }

  restore(snapshot: unknown): void {
    const { parameters } = this.#policy;
    const state = stateSchema(parameters.length).parse(snapshot);
    parameters.set(state.parameters);
    this.#adam.restore(state.adam);
    this.#recentRewards = state.recentRewards;
    this.#baseline = state.baseline;
  }
}
