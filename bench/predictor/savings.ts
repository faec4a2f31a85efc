// What a search saves that does not time students which could not be its best, and what it loses: searches replayed
// over measured students, and one by a controller whose students' latencies are made up from them. Accuracies are made
// up in both.
import { foreseeUseless, type ForesightRule } from "../../search/latency/foresight.ts";
import { LatencyPredictor } from "../../search/latency/predictor.ts";
import { rewardOf } from "../../search/reward.ts";
import { defaultControllerBatch } from "../../src/schemas/presets.ts";
import type { RewardForm } from "../../src/schemas/search_options.ts";
import { stratifiedInterval } from "../distillation/statistics.ts";
import { median } from "../measurement/statistics.ts";
import { someDevice } from "./models.ts";
import { madeUpAccuracies, ppoSearch, randomSearch, type Search, type TimedExample } from "./simulated_search.ts";

/** Rewards and limits of a search with a target. */
const rules = {
  "hard": () => ({ form: "hard", maxLatencyMs: undefined }),
  "soft": () => ({ form: "soft", maxLatencyMs: undefined }),
  "absolute": () => ({ form: "absolute", maxLatencyMs: undefined }),
  "hard, limit = target": (targetMs: number) => ({ form: "hard", maxLatencyMs: targetMs }),
} as const satisfies Record<string, (targetMs: number) => { form: RewardForm; maxLatencyMs: number | undefined }>;

export type RuleName = keyof typeof rules;
const ruleNames = Object.keys(rules) as RuleName[];

/** Means over the searches. */
export interface SavingRow {
  search: "random, measured students" | "ppo, made-up latencies";
  /** The target: so many of the students are at most as slow. */
  targetQuantile: number;
  targetMs: number;
  rule: RuleName;
  trials: number;
  searches: number;
  measuredShare: number;
  /** Its 95 % interval over the searches. */
  measuredShareLow: number | null;
  measuredShareHigh: number | null;
  deviceMinutes: number;
  deviceMinutesSaved: number;
  skippedPerSearch: number;
  /** Share of the skipped that, at the latency they have, might have been the best were they right on every image. */
  skippedPossible: number | null;
  /** Share of the skipped that would have been better than the best until then. */
  skippedBetter: number | null;
}

interface Tally {
  trials: number;
  measuredSeconds: number;
  savedSeconds: number;
  skipped: number;
  possible: number;
  better: number;
}

interface Setting {
  accuracyOf: ReturnType<typeof madeUpAccuracies>;
  rule: RuleName;
  targetMs: number;
  trials: number;
}

/** One search as search/loop.ts does it: what is foreseen goes by completed batches. */
function simulate(search: Search, { accuracyOf, rule, targetMs, trials }: Setting): Tally {
  const { form, maxLatencyMs = Infinity } = rules[rule](targetMs);
  const rewardAt = (latencyMs: number, accuracy: number) =>
    latencyMs > maxLatencyMs ? 0 : rewardOf({ accuracy, latencies: [{ latencyMs, targetMs }], form });
  const foresight: ForesightRule = {
    targets: [{ device: "device", targetMs, weight: 1 }],
    combine: "worst",
    maxLatencyMs,
    rewardIfPerfect: (latencyMs) => rewardOf({ accuracy: 1, latencies: [{ latencyMs, targetMs }], form }),
  };
  const predictor = new LatencyPredictor(someDevice);
  const accuracies: number[] = [];
  let best: ForesightRule["best"];
  const tally: Tally = { trials: 0, measuredSeconds: 0, savedSeconds: 0, skipped: 0, possible: 0, better: 0 };
  while (tally.trials < trials) {
    const batch = search.ask(Math.min(defaultControllerBatch(trials), trials - tally.trials));
    const done = batch.map((example, index) => {
      const number = tally.trials + index + 1;
      if (!predictor.ready) return { number, example };
      const prediction = { device: "device", ...predictor.predict(example.architecture) };
      const useless = foreseeUseless([prediction], { ...foresight, best });
      return useless ? { number, example, foreseenMs: prediction.latencyMs } : { number, example };
    });
    tally.trials += batch.length;
    const [bestUntilThen, usual] = [best?.reward ?? 0, accuracies.length === 0 ? 0 : median(accuracies)];
    const rewards = done.map(({ example: { architecture, latencyMs, seconds }, foreseenMs, number }) => {
      const accuracy = accuracyOf(architecture);
      const reward = rewardAt(latencyMs, accuracy);
      if (foreseenMs !== undefined) {
        tally.savedSeconds += seconds;
        tally.skipped++;
        if (latencyMs <= maxLatencyMs && rewardAt(latencyMs, 1) >= bestUntilThen) tally.possible++;
        if (reward > bestUntilThen) tally.better++;
        return rewardAt(foreseenMs, usual);
      }
      tally.measuredSeconds += seconds;
      predictor.observe(architecture, latencyMs);
      if (latencyMs > maxLatencyMs) return 0;
      accuracies.push(accuracy);
      if (reward > (best?.reward ?? -1)) best = { number, reward };
      return reward;
    });
    search.tell(rewards);
  }
  return tally;
}

/** A row per search, target and rule. RangeError with fewer examples than trials. */
export function savings(
  examples: readonly TimedExample[],
  { searches, seed, targetQuantiles, trials }: {
    searches: number;
    seed: number;
    targetQuantiles: readonly number[];
    trials: number;
  },
): SavingRow[] {
  if (examples.length < trials) {
    throw new RangeError(`a search of ${trials} takes as many students, got ${examples.length}`);
  }
  const sorted = examples.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const truth = new LatencyPredictor(someDevice);
  for (const { architecture, latencyMs } of examples) truth.observe(architecture, latencyMs);
  const accuracyOf = madeUpAccuracies(examples);
  const kinds = {
    "random, measured students": (one: number) => randomSearch(examples, one),
    "ppo, made-up latencies": (one: number) => ppoSearch(examples, { truth, seed: one }),
  } as const;
  return (Object.keys(kinds) as (keyof typeof kinds)[]).flatMap((search) =>
    targetQuantiles.flatMap((targetQuantile) => {
      const targetMs = sorted[Math.floor(targetQuantile * (sorted.length - 1))];
      return ruleNames.map((rule): SavingRow => {
        const tallies = Array.from(
          { length: searches },
          (_, index) => simulate(kinds[search](seed + index), { accuracyOf, rule, targetMs, trials }),
        );
        const total = (field: keyof Tally) => tallies.reduce((sum, tally) => sum + tally[field], 0);
        const share = stratifiedInterval([tallies.map((tally) => 1 - tally.skipped / tally.trials)]);
        const skipped = total("skipped");
        return {
          search,
          targetQuantile,
          targetMs,
          rule,
          trials,
          searches,
          measuredShare: share.mean,
          measuredShareLow: share.low,
          measuredShareHigh: share.high,
          deviceMinutes: total("measuredSeconds") / 60 / searches,
          deviceMinutesSaved: total("savedSeconds") / 60 / searches,
          skippedPerSearch: skipped / searches,
          skippedPossible: skipped === 0 ? null : total("possible") / skipped,
          skippedBetter: skipped === 0 ? null : total("better") / skipped,
        };
      });
    })
  );
}
