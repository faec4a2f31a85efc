// Hill climbing with restarts: the plainest search that learns, and on many spaces of networks a strong one (White et
// al. 2020, arXiv 2005.02960).
import * as z from "zod";
import type { Random } from "../../src/data/random.ts";
import type { ControllerStatistics, Decision } from "../controller.ts";
import { defineController, type Strategy } from "./definition.ts";
import { randomLegalTokens, tokensKey, unknownNeighbour } from "./legal_tokens.ts";
import { mean } from "./reward_scale.ts";
import { type Rewarded, rewardedSchema } from "./rewarded.ts";

const optionsSchema = z.strictObject({
  starts: z.int().min(1).max(10_000).default(5).meta({
    description: "random networks at the beginning and at every restart, of which the best is climbed from",
  }),
  patience: z.int().min(1).max(100_000).default(60).meta({
    description: "neighbours of the same network tried without success before the search restarts elsewhere",
  }),
});

type LocalOptions = z.output<typeof optionsSchema>;

function stateSchema(decisions: readonly Decision[]) {
  return z.object({
    incumbent: rewardedSchema(decisions).nullable(),
    leastReward: z.number().nullable(),
    startsLeft: z.int().min(0),
    tried: z.array(z.string()),
    restarts: z.int().min(0),
    bestReward: z.number().nullable(),
  });
}

/** Proposes neighbours of the best network since the last restart, each one decision away from it. */
class Local implements Strategy {
  readonly #decisions: readonly Decision[];
  readonly #options: LocalOptions;
  #incumbent: Rewarded | null = null;
  /** Since the last restart. */
  #leastReward: number | null = null;
  /** Random networks still to be told of before the climb. */
  #startsLeft: number;
  /** Networks told of since the incumbent was found. */
  #tried = new Set<string>();
  #restarts = 0;
  #bestReward: number | null = null;

  constructor(decisions: readonly Decision[], options: LocalOptions) {
    this.#decisions = decisions;
    this.#options = options;
    this.#startsLeft = options.starts;
  }

  propose(count: number, random: Random): number[][] {
    const asked = new Set<string>();
    return Array.from({ length: count }, (_, index) => {
      const tokens = this.#propose(index, asked, random);
      asked.add(tokensKey(tokens));
      return tokens;
    });
  }

  #propose(index: number, asked: ReadonlySet<string>, random: Random): number[] {
    // A batch may be larger than the starts that are left: where there is nothing to climb there is nothing else to try.
    if (this.#incumbent === null || this.#isFlat() || index < this.#startsLeft) {
      return randomLegalTokens(this.#decisions, random);
    }
    const isKnown = (key: string) => this.#tried.has(key) || asked.has(key);
    const neighbour = unknownNeighbour(this.#decisions, this.#incumbent.tokens, isKnown, random);
    return neighbour ?? randomLegalTokens(this.#decisions, random);
  }

  learn(told: readonly Rewarded[]): ControllerStatistics {
    const climbs = this.#startsLeft === 0 && !this.#isFlat();
    for (const place of told) {
      if (climbs) this.#tried.add(tokensKey(place.tokens));
      this.#bestReward = Math.max(this.#bestReward ?? -Infinity, place.reward);
      this.#leastReward = Math.min(this.#leastReward ?? Infinity, place.reward);
      if (this.#incumbent && place.reward <= this.#incumbent.reward) continue;
      this.#incumbent = place;
      this.#tried = new Set([tokensKey(place.tokens)]);
    }
    this.#startsLeft = Math.max(0, this.#startsLeft - told.length);
    const statistics = {
      meanReward: mean(told.map(({ reward }) => reward)),
      bestReward: this.#bestReward ?? 0,
      incumbentReward: this.#incumbent?.reward ?? 0,
      triedNeighbours: this.#tried.size - 1,
      restarts: this.#restarts,
    };
    if (this.#tried.size > this.#patience()) this.#restart();
    return statistics;
  }

  /** Whether all was equally good since the last restart, such as all infeasible: no way up is known, so look elsewhere. */
  #isFlat(): boolean {
    return this.#incumbent?.reward === (this.#leastReward ?? undefined);
  }

  /** No network has more neighbours than this, so that small spaces restart as soon as all were tried. */
  #patience(): number {
    const neighbours = this.#decisions.reduce((sum, { choices }) => sum + choices.length - 1, 0);
    return Math.min(this.#options.patience, neighbours);
  }

  #restart(): void {
    this.#restarts++;
    this.#incumbent = null;
    this.#leastReward = null;
    this.#tried.clear();
    this.#startsLeft = this.#options.starts;
  }

  snapshot() {
    return {
      incumbent: this.#incumbent,
      leastReward: this.#leastReward,
      startsLeft: this.#startsLeft,
      tried: [...this.#tried],
      restarts: this.#restarts,
      bestReward: this.#bestReward,
    };
  }

  restore(snapshot: unknown): void {
    const state = stateSchema(this.#decisions).parse(snapshot);
    this.#incumbent = state.incumbent;
    this.#leastReward = state.leastReward;
    this.#startsLeft = state.startsLeft;
    this.#tried = new Set(state.tried);
    this.#restarts = state.restarts;
    this.#bestReward = state.bestReward;
  }
}

export const local = defineController({
  name: "local",
  summary: "hill climbing: neighbours of the best so far, from a new start when they stop helping",
  paper: "White et al. 2020, arXiv 2005.02960",
  options: optionsSchema,
  begin: ({ decisions }, options) => new Local(decisions, options),
});
