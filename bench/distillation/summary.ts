// From results to the table: means with intervals, and each method beside plain distillation, seed by seed. Pure.
import type { ResultRecord } from "./records.ts";
import { holm, type Interval, mean, meanInterval, stratifiedInterval, stratifiedProbability } from "./statistics.ts";
import { groupBy, isTrained, settingOf, type Trained, wholeOf } from "./whole_seeds.ts";

/** What all others are compared with. */
export const control = "kd";

/** A method beside the control, over the seeds that both have. */
export interface Difference extends Interval {
  /**
   * Two-sided, paired, alone and after Holm's correction over the methods of the table. Null for too few seeds, and where
   * trainings failed: those that did not are a choice.
   */
  p: number | null;
  correctedP: number | null;
  /** Seeds with which the method was better, and worse, than the control. */
  better: number;
  worse: number;
}

export interface SummaryRow {
  method: string;
  /** Trainings behind it, and those that failed. */
  trainings: number;
  failed: number;
  /** One of the reasons. */
  reason?: string;
  /** Test accuracy; null where no training succeeded. */
  accuracy: Interval | null;
  /** Null for the control itself, and where there is no seed in common. */
  difference: Difference | null;
  /** Mean of all that the method trained, its assistants and peers included. */
  seconds: number | null;
  /** Of all its trainings, the most with any seed: with others, networks that were kept were not trained again. */
  steps: number | null;
}

export interface Setting {
  dataset: string;
  pair: string;
  rows: SummaryRow[];
}

/** A method that the table over all settings does without, and why. */
export interface LeftOut {
  method: string;
  reason: string;
}

/** Results that one state of the code gave; null where they do not say. */
export interface CodeCount {
  code: string | null;
  trainings: number;
}

export interface Summary {
  settings: Setting[];
  /** Over all settings: each counts the same and keeps its own mean. */
  overall: SummaryRow[];
  /** Seeds of the table over all settings. */
  seeds: number[];
  /** Methods without a result of every one of these seeds in every setting. */
  leftOut: LeftOut[];
  codes: CodeCount[];
}

/** Accuracy of the method less that of the control with the same seed, by setting. */
function pairedDifferences(own: readonly Trained[], controls: readonly Trained[]): number[][] {
  const placeOf = (record: Trained) => JSON.stringify([settingOf(record), record.seed]);
  const byPlace = new Map(controls.map((record) => [placeOf(record), record.testAccuracy]));
  const paired = own.flatMap((record) => {
    const other = byPlace.get(placeOf(record));
    return other === undefined ? [] : [{ setting: settingOf(record), value: record.testAccuracy - other }];
  });
  return [...groupBy(paired, ({ setting }) => setting).values()].map((group) => group.map(({ value }) => value));
}

function withCorrection(rows: SummaryRow[]): SummaryRow[] {
  const corrected = holm(rows.map(({ difference }) => difference?.p ?? null));
  const best = ({ accuracy }: SummaryRow) => accuracy?.mean ?? -Infinity;
  return rows.map(({ difference, ...row }, index) => ({
    ...row,
    difference: difference && { ...difference, correctedP: corrected[index] },
  })).sort((a, b) => best(b) - best(a));
}

/** Rows by method, the most accurate first. */
function summarise(records: readonly ResultRecord[]): SummaryRow[] {
  const controls = records.filter(isTrained).filter(({ row }) => row === control);
  const rows = [...groupBy(records, ({ row }) => row)].map(([method, all]): SummaryRow => {
    const own = all.filter(isTrained);
    const failures = all.filter((record) => !isTrained(record));
    const strata = [...groupBy(own, settingOf).values()].map((group) => group.map(({ testAccuracy }) => testAccuracy));
    const differences = method === control ? [] : pairedDifferences(own, controls);
    const flat = differences.flat();
    const [reason] = failures.flatMap((record) => record.type === "failed" ? [record.reason] : []);
    return {
      method,
      trainings: own.length,
      failed: failures.length,
      ...(reason !== undefined && { reason }),
      accuracy: strata.length > 1 ? stratifiedInterval(strata) : strata.length === 1 ? meanInterval(strata[0]) : null,
      difference: differences.length === 0 ? null : {
        ...stratifiedInterval(differences),
        p: failures.length > 0 ? null : stratifiedProbability(differences),
        correctedP: null,
        better: flat.filter((value) => value > 0).length,
        worse: flat.filter((value) => value < 0).length,
      },
      seconds: own.length === 0 ? null : mean(own.map(({ seconds }) => seconds)),
      steps: own.length === 0 ? null : Math.max(...own.map(({ steps }) => steps)),
    };
  });
  return withCorrection(rows);
}

/** The whole summary. Overall rows only have methods with as many results as the control. */
export function summaryOf(records: readonly ResultRecord[]): Summary {
  const settings = [...groupBy(records, settingOf).values()].map((own) => ({
    dataset: own[0].dataset,
    pair: own[0].pair,
    rows: summarise(own),
  }));
  const { whole, seeds, leftOut } = wholeOf(records, control);
  const codes = [...groupBy(records, ({ code }) => code ?? "")].map(([code, { length }]) => ({
    code: code === "" ? null : code,
    trainings: length,
  }));
  return { settings, overall: summarise(whole), seeds, leftOut, codes };
}

/** What a difference comes to, in words. */
export function verdict({ difference, accuracy, failed, method, trainings }: SummaryRow): string {
  if (failed > 0) return `failed on ${failed} of ${failed + trainings}`;
  if (method === control) return "control";
  if (!accuracy || !difference) return "no seed in common";
  const { correctedP, mean: value } = difference;
  if (correctedP === null) return "too few seeds";
  if (correctedP < 0.05) return value > 0 ? "better" : "worse";
  return "no difference found";
}
