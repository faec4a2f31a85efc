// What a search saves that does not time students which are surely far off its target, and what it loses: searches
// replayed over measured students, and one by a controller whose students' latencies are made up from them.
import { type ForesightRule, isSurelyFar } from "../../search/latency/foresight.ts";
import { LatencyPredictor } from "../../search/latency/predictor.ts";
import { defaultControllerBatch } from "../../src/schemas/presets.ts";
import { stratifiedInterval } from "../distillation/statistics.ts";
import { someDevice } from "./models.ts";
import { ppoSearch, randomSearch, type Search, type TimedExample } from "./simulated_search.ts";

const rules = {
  "2 x target": (targetMs: number) => ({ farFactor: 2, maxLatencyMs: undefined, farMs: 2 * targetMs }),
  "1.3 x target": (targetMs: number) => ({ farFactor: 1.3, maxLatencyMs: undefined, farMs: 1.3 * targetMs }),
  "limit = target": (targetMs: number) => ({ farFactor: 2, maxLatencyMs: targetMs, farMs: targetMs }),
} as const;

export type RuleName = keyof typeof rules;
export const ruleNames = Object.keys(rules) as RuleName[];

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
  /** Share of the skipped that were not far: faster than the rule's bound. */
  skippedNotFar: number | null;
  /** Share of the skipped that met the target. */
  skippedGood: number | null;
}

interface Tally {
  trials: number;
  measuredSeconds: number;
  savedSeconds: number;
  skipped: number;
  notFar: number;
  good: number;
}

function simulate(search: Search, { rule, targetMs, trials }: { rule: RuleName; targetMs: number; trials: number }) {
  const { farFactor, farMs, maxLatencyMs } = rules[rule](targetMs);
  const targets = [{ device: "device", targetMs, weight: 1 }];
  const foresight: ForesightRule = { targets, combine: "worst", reward: "hard", farFactor, maxLatencyMs };
  const predictor = new LatencyPredictor(someDevice);
  const tally: Tally = { trials: 0, measuredSeconds: 0, savedSeconds: 0, skipped: 0, notFar: 0, good: 0 };
  while (tally.trials < trials) {
    const batch = search.ask(Math.min(defaultControllerBatch(trials), trials - tally.trials));
    tally.trials += batch.length;
    const done = batch.map((example) => {
      if (!predictor.ready) return { example };
      const prediction = { device: "device", ...predictor.predict(example.architecture) };
      return isSurelyFar([prediction], foresight) ? { example, foreseenMs: prediction.latencyMs } : { example };
    });
    for (const { example: { architecture, latencyMs, seconds }, foreseenMs } of done) {
      if (foreseenMs === undefined) {
        tally.measuredSeconds += seconds;
        predictor.observe(architecture, latencyMs);
      } else {
        tally.savedSeconds += seconds;
        tally.skipped++;
        if (latencyMs <= farMs) tally.notFar++;
        if (latencyMs <= targetMs) tally.good++;
      }
    }
    search.tell(done);
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
  const kinds = {
    "random, measured students": (_targetMs: number, one: number) => randomSearch(examples, one),
    "ppo, made-up latencies": (targetMs: number, one: number) => ppoSearch(examples, { truth, targetMs, seed: one }),
  } as const;
  return (Object.keys(kinds) as (keyof typeof kinds)[]).flatMap((search) =>
    targetQuantiles.flatMap((targetQuantile) => {
      const targetMs = sorted[Math.floor(targetQuantile * (sorted.length - 1))];
      return ruleNames.map((rule): SavingRow => {
        const tallies = Array.from(
          { length: searches },
          (_, index) => simulate(kinds[search](targetMs, seed + index), { rule, targetMs, trials }),
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
          skippedNotFar: skipped === 0 ? null : total("notFar") / skipped,
          skippedGood: skipped === 0 ? null : total("good") / skipped,
        };
      });
    })
  );
}
