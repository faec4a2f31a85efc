// From results to the table: means with intervals, and each method beside plain distillation, seed by seed. Pure.
import type { ResultRecord } from "./records.ts";
import { holm, type Interval, mean, meanInterval, stratifiedInterval, stratifiedProbability } from "./statistics.ts";

/** What all others are compared with. */
export const control = "kd";

/** A method beside the control, over the seeds that both have. */
export interface Difference extends Interval {
  /** Two-sided, paired, alone and after Holm's correction over the methods of the table. */
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
}

export interface Setting {
  dataset: string;
  pair: string;
  rows: SummaryRow[];
}

export interface Summary {
  settings: Setting[];
  /** Over all settings: each counts the same and keeps its own mean. */
  overall: SummaryRow[];
}

type Trained = Extract<ResultRecord, { type: "trained" }>;

const settingOf = ({ dataset, pair }: { dataset: string; pair: string }) => `${dataset} ${pair}`;

const isTrained = (record: ResultRecord): record is Trained => record.type === "trained";

/** Groups in the order of first appearance. */
function groupBy<Value>(values: readonly Value[], keyOf: (value: Value) => string): Map<string, Value[]> {
  const groups = new Map<string, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  }
  return groups;
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
        p: stratifiedProbability(differences),
        correctedP: null,
        better: flat.filter((value) => value > 0).length,
        worse: flat.filter((value) => value < 0).length,
      },
      seconds: own.length === 0 ? null : mean(own.map(({ seconds }) => seconds)),
    };
  });
  return withCorrection(rows);
}

/** The whole summary. Overall rows only have methods with results in every setting. */
export function summaryOf(records: readonly ResultRecord[]): Summary {
  const settings = [...groupBy(records, settingOf).values()].map((own) => ({
    dataset: own[0].dataset,
    pair: own[0].pair,
    rows: summarise(own),
  }));
  const everywhere = (method: string) =>
    settings.every(({ rows }) => rows.some((row) => row.method === method && row.accuracy !== null));
  return { settings, overall: summarise(records.filter(({ row }) => everywhere(row))) };
}

/** What a difference comes to, in words. */
export function verdict({ difference, accuracy }: SummaryRow): string {
  if (!accuracy) return "failed";
  if (!difference) return "control";
  const { correctedP, mean: value } = difference;
  if (correctedP === null) return "too few seeds";
  if (correctedP < 0.05) return value > 0 ? "better" : "worse";
  return "no difference found";
}
