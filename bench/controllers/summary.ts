// What the benchmark says: means, and differences between controllers on the same landscapes.
import type { ControllerName } from "../../src/schemas/search_options.ts";
import { type Interval, meanInterval } from "../distillation/statistics.ts";
import type { LandscapeName } from "../landscapes.ts";
import type { Job } from "./job.ts";

/** A job and its best reward after each of its numbers of samples. */
export interface Outcome extends Job {
  bests: readonly number[];
}

/** Best reward of a controller: mean over the seeds and its 95 % interval. */
export interface MeanRow extends Interval {
  landscape: LandscapeName;
  samples: number;
  controller: ControllerName;
  seeds: number;
}

/** How much better `controller` is than `than`, seed by seed: mean and 95 % interval of the paired differences. */
export interface DifferenceRow extends Interval {
  landscape: LandscapeName;
  samples: number;
  controller: ControllerName;
  than: ControllerName;
  seeds: number;
  /** The interval excludes 0: which of the two is better. */
  verdict: "better" | "worse" | "open";
}

/** Pairs that are compared beside every controller with random. */
const PAIRS: readonly (readonly [ControllerName, ControllerName])[] = [
  ["model", "evolution"],
  ["model", "ppo"],
  ["model", "local"],
  ["ppo", "reinforce"],
];

/** Best rewards by seed. */
type BySeed = ReadonlyMap<number, number>;

/** Mean of every controller on every landscape at every number of samples, in the order of `outcomes`. */
export function meanRows(outcomes: readonly Outcome[]): MeanRow[] {
  return cellsOf(outcomes).map(({ bySeed, ...cell }) => ({
    ...cell,
    seeds: bySeed.size,
    ...short(meanInterval([...bySeed.values()])),
  }));
}

/** Every controller against random, and what else is compared, where both are there. */
export function differenceRows(outcomes: readonly Outcome[]): DifferenceRow[] {
  const cells = cellsOf(outcomes);
  const others = [...new Set(cells.map(({ controller }) => controller))].filter((name) => name !== "random");
  const pairs = [...others.map((name) => [name, "random"] as const), ...PAIRS];
  return cells.flatMap((cell) =>
    pairs.flatMap(([controller, than]): DifferenceRow[] => {
      if (cell.controller !== controller) return [];
      const { landscape, samples } = cell;
      const other = cells.find((one) =>
        one.controller === than && one.landscape === landscape && one.samples === samples
      );
      const differences = [...cell.bySeed].flatMap(([seed, best]) => {
        const otherBest = other?.bySeed.get(seed);
        return otherBest === undefined ? [] : [best - otherBest];
      });
      if (differences.length === 0) return [];
      const interval = meanInterval(differences);
      return [{
        landscape,
        samples,
        controller,
        than,
        seeds: differences.length,
        ...short(interval),
        verdict: verdictOf(interval),
      }];
    })
  );
}

/** Whether a controller is better than another on every landscape there is, and the landscape where it is least so. */
export interface RequirementRow extends Interval {
  requirement: string;
  met: "yes" | "no";
  /** On how many of them it is better. */
  landscapes: string;
  least: LandscapeName;
}

/** Pairs of which the first has to be better than the second. */
const REQUIREMENTS: readonly (readonly [ControllerName, ControllerName])[] = [
  ["ppo", "random"],
  ["model", "evolution"],
];

/** What is required, at `samples`, where both controllers of it are among `differences`. */
export function requirementRows(differences: readonly DifferenceRow[], samples: number): RequirementRow[] {
  return REQUIREMENTS.flatMap(([controller, than]): RequirementRow[] => {
    const rows = differences.filter((row) =>
      row.controller === controller && row.than === than && row.samples === samples
    );
    if (rows.length === 0) return [];
    const better = rows.filter(({ verdict }) => verdict === "better").length;
    const least = rows.reduce((one, other) => (other.low ?? -Infinity) < (one.low ?? -Infinity) ? other : one);
    return [{
      requirement: `${controller} better than ${than} at ${samples} samples on every landscape`,
      met: better === rows.length ? "yes" : "no",
      landscapes: `${better} of ${rows.length}`,
      least: least.landscape,
      mean: least.mean,
      low: least.low,
      high: least.high,
    }];
  });
}

/** To four decimals: the fifth is noise. */
function short({ mean, low, high }: Interval): Interval {
  const decimals = (value: number) => Math.round(value * 1e4) / 1e4;
  return {
    mean: decimals(mean),
    low: low === null ? null : decimals(low),
    high: high === null ? null : decimals(high),
  };
}

function verdictOf({ low, high }: Interval): DifferenceRow["verdict"] {
  if (low !== null && low > 0) return "better";
  if (high !== null && high < 0) return "worse";
  return "open";
}

function cellsOf(outcomes: readonly Outcome[]) {
  const cells = Map.groupBy(
    outcomes.flatMap(({ bests, samples, ...job }) =>
      samples.map((count, index) => ({ ...job, count, best: bests[index] }))
    ),
    ({ landscape, count, controller }) => `${landscape} ${count} ${controller}`,
  );
  return [...cells.values()].map((runs) => {
    const [{ landscape, count, controller }] = runs;
    const bySeed: BySeed = new Map(runs.map(({ seed, best }) => [seed, best]));
    return { landscape, samples: count, controller, bySeed };
  });
}
