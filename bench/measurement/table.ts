import { fastIntervals, standardIntervals } from "./intervals.ts";
import { overhead } from "./overhead.ts";
import { ranking } from "./ranking.ts";
import type { Row } from "./row.ts";
import { fastSpread, standardSpread } from "./spread.ts";

/** Every group of lines; a new one is a file and a row here. */
export const rows = {
  overhead,
  "standard-spread": standardSpread,
  "fast-spread": fastSpread,
  "standard-intervals": standardIntervals,
  "fast-intervals": fastIntervals,
  ranking,
} satisfies Record<string, Row>;

export type RowName = keyof typeof rows;
export const rowNames = Object.keys(rows) as [RowName, ...RowName[]];
