// A row of the comparison as the terminal's table and the saved JSON have it.
import { rounded } from "../results.ts";
import { isCompressed, type MethodRow } from "./rows.ts";
import { type SummaryRow, verdict } from "./summary.ts";

/** Shares in percent, times in seconds. */
export interface FlatRow {
  dataset: string;
  pair: string;
  method: string;
  n: number;
  accuracy: number | null;
  low: number | null;
  high: number | null;
  lessKd: number | null;
  lessKdLow: number | null;
  lessKdHigh: number | null;
  p: number | null;
  correctedP: number | null;
  better: number | null;
  worse: number | null;
  failed: number;
  teachers: number | null;
  steps: number | null;
  seconds: number | null;
  compressed: boolean;
  verdict: string;
}

/** `row` of a setting, or of all of them, with what the row of `methods` by its name says. */
export function flatRow(
  row: SummaryRow,
  { dataset, methods, pair }: { dataset: string; pair: string; methods: readonly MethodRow[] },
): FlatRow {
  const { accuracy, difference, failed, method, seconds, steps, trainings } = row;
  const known = methods.find(({ name }) => name === method);
  const percent = (share: number | null | undefined) => share == null ? null : Math.round(1e4 * share) / 100;
  const p = (value: number | null | undefined) => value == null ? null : Number(value.toPrecision(3));
  return {
    dataset,
    pair,
    method,
    n: trainings,
    accuracy: percent(accuracy?.mean),
    low: percent(accuracy?.low),
    high: percent(accuracy?.high),
    lessKd: percent(difference?.mean),
    lessKdLow: percent(difference?.low),
    lessKdHigh: percent(difference?.high),
    p: p(difference?.p),
    correctedP: p(difference?.correctedP),
    better: difference?.better ?? null,
    worse: difference?.worse ?? null,
    failed,
    teachers: known?.teachers ?? null,
    steps,
    seconds: seconds === null ? null : rounded(seconds),
    compressed: isCompressed(known?.method ?? method),
    verdict: verdict(row),
  };
}
