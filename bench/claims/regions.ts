// Where in the space searches end: architectures as concatenated one-hots, and how far apart the late samples of runs are.
import type { Random } from "../../src/data/random.ts";
import { oneHot } from "../../search/report/principal_components.ts";
import { mean } from "../distillation/statistics.ts";
import { type PermutationTest, permutationTest } from "./statistics.ts";

function centroidOf(points: readonly (readonly number[])[]): number[] {
  return points[0].map((_, axis) => mean(points.map((point) => point[axis])));
}

export function distance(a: readonly number[], b: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, value, axis) => sum + (value - b[axis]) ** 2, 0));
}

/** The last third of a run, as one-hots. */
export function latePoints(students: readonly { tokens: readonly number[] }[], choices: readonly number[]): number[][] {
  const late = Math.max(1, Math.round(students.length / 3));
  return students.slice(-late).map(({ tokens }) => oneHot(tokens, choices));
}

/** One run: its late samples' centre, and their mean distance from it. */
export interface RegionOfRun {
  centre: number[];
  spread: number;
}

export function regionOf(points: readonly (readonly number[])[]): RegionOfRun {
  const centre = centroidOf(points);
  return { centre, spread: mean(points.map((point) => distance(point, centre))) };
}

/** Runs of one target, of two groups. */
export interface RegionStratum {
  regions: readonly RegionOfRun[];
  /** True for the first group, by run. */
  first: readonly boolean[];
}

/** Mean distances of the runs' centres: of pairs of two groups, and of pairs of one group, over all strata. */
export function pairDistances(
  strata: readonly Pick<RegionStratum, "regions">[],
  labels: readonly (readonly boolean[])[],
): { between: number; within: number } {
  const [between, within]: [number[], number[]] = [[], []];
  for (const [index, { regions }] of strata.entries()) {
    for (let a = 0; a < regions.length; a++) {
      for (let b = 0; b < a; b++) {
        const apart = distance(regions[a].centre, regions[b].centre);
        (labels[index][a] === labels[index][b] ? within : between).push(apart);
      }
    }
  }
  return { between: mean(between), within: mean(within) };
}

export interface Separation {
  /** Distance between groups over distance within: above 1 where groups end in different regions. */
  ratio: number;
  /** Both distances in mean spreads of a run's own late samples. */
  betweenSpreads: number;
  withinSpreads: number;
  test: PermutationTest;
}

/** Two runs of each group per stratum at least. */
export function separation(strata: readonly RegionStratum[], random: Random): Separation {
  const labels = strata.map(({ first }) => first);
  const { between, within } = pairDistances(strata, labels);
  const spread = mean(strata.flatMap(({ regions }) => regions.map((region) => region.spread)));
  const test = permutationTest(labels, (drawn) => {
    const distances = pairDistances(strata, drawn);
    return distances.between - distances.within;
  }, { random });
  return { ratio: between / within, betweenSpreads: between / spread, withinSpreads: within / spread, test };
}

/**
 * How much further from `regions[agent]` the agent of the same seed ended with another teacher (`moved[agent]`) than the
 * other agents of `regions`, all of one teacher, did; by agent, in mean spreads. Two agents at least.
 */
export function movedByTeacher(regions: readonly RegionOfRun[], moved: readonly RegionOfRun[]): number[] {
  const spread = mean([...regions, ...moved].map((region) => region.spread));
  return regions.map(({ centre }, agent) => {
    const others = regions.filter((_, other) => other !== agent);
    return (distance(centre, moved[agent].centre) - mean(others.map((other) => distance(centre, other.centre)))) /
      spread;
  });
}
