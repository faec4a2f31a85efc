// Whether what was learned of one space says something of another, and how much a few measurements there help. Pure.
import { mean } from "../distillation/statistics.ts";
import { scorePredictions, splitOf } from "./learning_curve.ts";
import { type Example, models } from "./models.ts";

/** Means over the splits, of students of the other space that were not trained on. */
export interface TransferRow {
  trainedOn: string;
  heldOut: number;
  within10Percent: number;
  within20Percent: number;
  relativeError: number;
  kendallTau: number;
  inInterval: number;
  /** The interval's median half width as a share: how unsure it says it is. */
  halfWidth: number;
}

/**
 * Rows for training on `count` of `from` and so many of `to` as `helps` says, tested on the others of `to`; those that
 * leave ten or more.
 */
export function transfer(
  from: readonly Example[],
  to: readonly Example[],
  { count, helps, names, seed, splits }: {
    count: number;
    helps: readonly number[];
    /** Of the two spaces. */
    names: readonly [string, string];
    seed: number;
    splits: number;
  },
): TransferRow[] {
  return helps.filter((help) => to.length - help >= 10).map((help) => {
    const scores = Array.from({ length: splits }, (_, split) => {
      const { heldOut, training } = splitOf(to, help, seed + split);
      const foretell = models.predictor([...splitOf(from, count, seed + split).training, ...training]);
      const predictions = heldOut.map(({ architecture }) => foretell(architecture));
      return scorePredictions(predictions, heldOut.map(({ latencyMs }) => latencyMs));
    });
    const of = (field: keyof typeof scores[number]) => mean(scores.map((score) => score[field] ?? NaN));
    return {
      trainedOn: `${Math.min(count, from.length)} ${names[0]}${help === 0 ? "" : ` + ${help} ${names[1]}`}`,
      heldOut: to.length - help,
      within10Percent: of("within10Percent"),
      within20Percent: of("within20Percent"),
      relativeError: of("relativeError"),
      kendallTau: of("kendallTau"),
      inInterval: of("inInterval"),
      halfWidth: of("halfWidth"),
    };
  });
}
