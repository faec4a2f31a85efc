// How well each model foresees students it was not trained on, against how many it was trained on. Pure.
import { spearman } from "../../search/rank_correlation.ts";
import { Random } from "../../src/data/random.ts";
import { mean } from "../distillation/statistics.ts";
import { kendallTau, median } from "../measurement/statistics.ts";
import type { Example, Foretold, ModelName } from "./models.ts";
import { models } from "./models.ts";

/** Means over the random splits. Shares are from 0 to 1. */
export interface CurveRow {
  model: ModelName;
  trainedOn: number;
  heldOut: number;
  within5Percent: number;
  within10Percent: number;
  /** The worst split's. */
  leastWithin10Percent: number;
  within20Percent: number;
  /** Root of the mean square of the relative error. */
  relativeError: number;
  kendallTau: number;
  spearman: number | null;
  /** Share of the held-out latencies in the 90 % interval, and its median half width, as a share; null: none. */
  inInterval: number | null;
  halfWidth: number | null;
}

type Score = Omit<CurveRow, "model" | "trainedOn" | "heldOut" | "leastWithin10Percent">;

/** `count` examples to train on, drawn by `seed`, and the others. */
export function splitOf<Item>(
  examples: readonly Item[],
  count: number,
  seed: number,
): { training: Item[]; heldOut: Item[] } {
  const order = [...examples];
  new Random(seed).shuffle(order);
  return { training: order.slice(0, count), heldOut: order.slice(count) };
}

/** What `predictions` of `measured` are worth; both in the same order, two or more. */
export function scorePredictions(predictions: readonly Foretold[], measured: readonly number[]): Score {
  const errors = predictions.map(({ latencyMs }, index) => Math.abs(latencyMs / measured[index] - 1));
  const within = (share: number) => errors.filter((error) => error <= share).length / errors.length;
  const latencies = predictions.map(({ latencyMs }) => latencyMs);
  const intervals = predictions.flatMap(({ highMs, lowMs }, index) =>
    lowMs === undefined || highMs === undefined ? [] : [{
      holds: lowMs <= measured[index] && measured[index] <= highMs,
      halfWidth: Math.sqrt(highMs / lowMs) - 1,
    }]
  );
  return {
    within5Percent: within(0.05),
    within10Percent: within(0.1),
    within20Percent: within(0.2),
    relativeError: Math.sqrt(mean(errors.map((error) => error ** 2))),
    kendallTau: kendallTau(latencies, measured),
    spearman: spearman(latencies, measured),
    inInterval: intervals.length === 0 ? null : intervals.filter(({ holds }) => holds).length / intervals.length,
    // Of one that the model cannot tell anything of it is very wide.
    halfWidth: intervals.length === 0 ? null : median(intervals.map(({ halfWidth }) => halfWidth)),
  };
}

function meanOf(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : mean(known);
}

/**
 * A row per model and number of training examples, those that leave 20 examples or more; `splits` random splits each,
 * the same for all models.
 */
export function learningCurve(
  examples: readonly Example[],
  { sizes, splits, seed }: { sizes: readonly number[]; splits: number; seed: number },
): CurveRow[] {
  const rows: CurveRow[] = [];
  for (const trainedOn of sizes.filter((size) => examples.length - size >= 20)) {
    for (const model of Object.keys(models) as ModelName[]) {
      const scores = Array.from({ length: splits }, (_, split) => {
        const { heldOut, training } = splitOf(examples, trainedOn, seed + split);
        const foretell = models[model](training);
        return scorePredictions(
          heldOut.map(({ architecture }) => foretell(architecture)),
          heldOut.map(({ latencyMs }) => latencyMs),
        );
      });
      rows.push({ model, trainedOn, heldOut: examples.length - trainedOn, ...meanScore(scores) });
    }
  }
  return rows;
}

function meanScore(scores: readonly Score[]): Omit<CurveRow, "model" | "trainedOn" | "heldOut"> {
  const of = (field: "within5Percent" | "within10Percent" | "within20Percent" | "relativeError" | "kendallTau") =>
    mean(scores.map((score) => score[field]));
  return {
    within5Percent: of("within5Percent"),
    within10Percent: of("within10Percent"),
    leastWithin10Percent: Math.min(...scores.map(({ within10Percent }) => within10Percent)),
    within20Percent: of("within20Percent"),
    relativeError: of("relativeError"),
    kendallTau: of("kendallTau"),
    spearman: meanOf(scores.map(({ spearman }) => spearman)),
    inInterval: meanOf(scores.map(({ inInterval }) => inInterval)),
    halfWidth: meanOf(scores.map(({ halfWidth }) => halfWidth)),
  };
}
