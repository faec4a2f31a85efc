// Figures that show every trial have their numbers in the tables of the page: three copies of each row would fill a print.
import type { TimedPoint } from "../student_points.ts";
import type { TableLink } from "./figure.ts";

/** The tables that hold the numbers of `points`, search trials and baselines. */
export function tablesOf(points: readonly TimedPoint[]): TableLink[] {
  const tables: TableLink[] = [];
  if (points.some(({ trial }) => trial.role === "search")) {
    tables.push({ id: "all-trials", heading: "Every trial", what: "students" });
  }
  // That table has a baseline only once it is trained.
  if (points.some(({ trial }) => trial.role === "baseline" && trial.state === "completed")) {
    tables.push({ id: "students", heading: "Students", what: "baselines" });
  }
  return tables;
}
