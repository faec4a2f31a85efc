// What the controllers with an LSTM for a policy have in common: all but how they learn from a batch.
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
import { Adam, adamStateSchema } from "./adam.ts";
import { checkCount, checkResults, checkSnapshot, choicesOf } from "./checks.ts";
import { decodeFloat64, encodeFloat64 } from "./float64_text.ts";
import { LstmPolicy, type LstmPolicyOptions } from "./lstm_policy.ts";
import { mean, type RewardScaleName, rewardScales } from "./reward_scale.ts";
import { rewardedOf } from "./rewarded.ts";

/** Options of every such controller, complete. */
export interface LstmControllerOptions extends Omit<LstmPolicyOptions, "decisions"> {
  learningRate: number;
  rewards: RewardScaleName;
  rewardWindow: number;
  baselineDecay: number;
}

/** A proposal that came back, and what it was worth on the controller's scale of rewards. */
export interface Judged {
  tokens: readonly number[];
  worth: number;
}

const stateSchema = z.object({
  nextId: z.int().min(0),
  random: z.array(z.int()),
  parameters: z.string(),
  adam: adamStateSchema,
  recentRewards: z.array(z.number()),
  baseline: z.number().nullable(),
  statistics: z.record(z.string(), z.number()),
});

/** Learns in batches: the cost of a `tell` grows with the number of its results only. */
export abstract class LstmController implements Controller {
  abstract readonly name: string;
  protected readonly policy: LstmPolicy;
  protected readonly adam: Adam;
  readonly #decisions: readonly Decision[];
  readonly #choices: readonly number[];
  readonly #options: LstmControllerOptions;
  #random: Random;
  #nextId = 0;
  #recentRewards: number[] = [];
  /** Moving average of what proposals were worth; null before the first. */
  #baseline: number | null = null;
  #statistics: ControllerStatistics = {};

  constructor({ decisions, seed }: ControllerOptions, options: LstmControllerOptions) {
    this.#options = options;
    this.#decisions = decisions;
    this.#choices = choicesOf(decisions);
    this.#random = new Random(seed);
    this.policy = new LstmPolicy({ ...options, decisions }, this.#random);
    this.adam = new Adam(this.policy.parameters.length, options.learningRate);
  }

  /** Learns from a batch, of which `baseline` was expected; returns the figures of the update. */
  protected abstract learn(judged: readonly Judged[], baseline: number): ControllerStatistics;

  ask(count: number): Sample[] {
    checkCount(count);
    return Array.from({ length: count }, () => ({ id: this.#nextId++, tokens: this.policy.sample(this.#random) }));
  }

  tell(results: readonly Result[]): void {
    checkResults(results, this.#decisions);
    const told = rewardedOf(results);
    if (told.length === 0) return;

    const rewards = told.map(({ reward }) => reward);
    const window = Math.max(this.#options.rewardWindow, rewards.length);
    this.#recentRewards = [...this.#recentRewards, ...rewards].slice(-window);
    const worths = rewardScales[this.#options.rewards](rewards, this.#recentRewards);
    const judged = told.map(({ tokens }, index): Judged => ({ tokens, worth: worths[index] }));
    this.#statistics = { meanReward: mean(rewards), ...this.learn(judged, this.#moveBaseline(worths)) };
  }

  /** The baseline from before `worths`, of the first batch its mean; moves it as by one of them after the other. */
  #moveBaseline(worths: readonly number[]): number {
    const centre = mean(worths);
    const baseline = this.#baseline ?? centre;
    const kept = this.#options.baselineDecay ** worths.length;
    this.#baseline = kept * baseline + (1 - kept) * centre;
    return baseline;
  }

  snapshot(): Snapshot {
    return {
      controller: this.name,
      choices: this.#choices,
      nextId: this.#nextId,
      random: this.#random.snapshot(),
      parameters: encodeFloat64(this.policy.parameters),
      adam: this.adam.snapshot(),
      recentRewards: this.#recentRewards,
      baseline: this.#baseline,
      statistics: this.#statistics,
    };
  }

  /** Throws RangeError on a snapshot of another controller, other decisions or another hidden size. */
  restore(snapshot: Snapshot): void {
    checkSnapshot(snapshot, this.name, this.#choices);
    const state = stateSchema.parse(snapshot);
    const { parameters } = this.policy;
    parameters.set(decodeFloat64(state.parameters, parameters.length));
    this.adam.restore(state.adam);
    this.#random = Random.restore(state.random);
    this.#nextId = state.nextId;
    this.#recentRewards = state.recentRewards;
    this.#baseline = state.baseline;
    this.#statistics = state.statistics;
  }

  statistics(): ControllerStatistics {
    return this.#statistics;
  }
}
