// When a load has enough rounds. Cheap, since it runs on the device between rounds; the figures are made by the server.
import { Random } from "../../src/data/random.ts";
import type { StopPlan } from "./profiles.ts";
import { pairedLogRatios, positionBetween } from "./ratio.ts";
import { bootstrapMedians, median, quantile } from "./statistics.ts";

const checkEveryMs = 1000;
/** The next check waits so many times as long as the last one took: 0.5 % of the time at most. */
const waitPerCost = 200;
/** So many in a row must find the interval narrow enough: one of many checks may do so by chance, which ends loads too early. */
const checksToStop = 2;
const mostBins = 128;
const resamples = 200;

/** Medians of consecutive bins, at most `mostBins` of them: short enough to resample, still in the order taken. */
export function binMedians(series: Float64Array): Float64Array {
  const length = Math.ceil(series.length / mostBins);
  if (length <= 1) return series;
  return Float64Array.from(
    { length: Math.floor(series.length / length) },
    (_, bin) => median(series.subarray(bin * length, (bin + 1) * length)),
  );
}

/** Half the width of the 95 % interval of the median of `logRatios`, by the bootstrap of their bins' medians. */
export function halfWidthOf(logRatios: Float64Array): number {
  const draws = bootstrapMedians(binMedians(logRatios), { random: new Random(1), resamples }).sort();
  return (quantile(draws, 0.975) - quantile(draws, 0.025)) / 2;
}

export interface StopRule {
  /** Whether `rounds` (small, large, candidates) are enough, `measuredMs` of measuring in. */
  enough(rounds: readonly (readonly number[])[], measuredMs: number): boolean;
}

/** `runs`: inferences per block, by column. */
export function createStopRule(
  plan: StopPlan,
  { runs, clock }: { runs: readonly number[]; clock: () => number },
): StopRule {
  const maximumMs = plan.maximumMs * Math.max(1, runs.length / plan.networksPlanned);
  const fewestRuns = Math.min(...runs.slice(2));
  let nextCheckMs = -Infinity;
  let checksPassed = 0;

  function reached(rounds: readonly (readonly number[])[]): boolean {
    const column = (index: number) => Float64Array.from(rounds, (round) => round[index]);
    const smallMs = column(0);
    const largeMs = column(1);
    const own = { smallMs: median(smallMs), largeMs: median(largeMs) };
    for (let index = 2; index < runs.length; index++) {
      const candidateMs = column(index);
      const position = positionBetween(median(candidateMs), own);
      if (!(halfWidthOf(pairedLogRatios({ candidateMs, smallMs, largeMs }, position, own)) <= plan.halfWidth)) {
        return false;
      }
    }
    return true;
  }

  return {
    enough(rounds, measuredMs) {
      if (rounds.length === 0) return false;
      if (measuredMs >= maximumMs) return true;
      if (rounds.length < plan.minimumRounds || measuredMs < plan.minimumMs) return false;
      if (rounds.length * fewestRuns < plan.minimumInferences) return false;
      const startMs = clock();
      if (startMs < nextCheckMs) return false;
      checksPassed = reached(rounds) ? checksPassed + 1 : 0;
      const endMs = clock();
      nextCheckMs = endMs + Math.max(checkEveryMs, waitPerCost * (endMs - startMs));
      return checksPassed >= checksToStop;
    },
  };
}
