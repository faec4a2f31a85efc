// A run among others: what comparisons show of it, under one name and one place among the series.
import { bestTrials, type CompletedTrial, completedTrials } from "../../completed_trials.ts";
import { worstCorner } from "../../front_over_time.ts";
import type { AccuracyLatency } from "../../pareto.ts";
import { latencyUnit, type ReportData } from "../report_data.ts";
import { teachersKey, teacherWords } from "./taught_by.ts";

/** One run of a comparison. */
export interface ComparedRun {
  data: ReportData;
  /** 0-based; gives its colour, sign and dashes. */
  series: number;
  /** 0-based among the different teachers, where there are several; else `series`: gives the colour on the common map. */
  colour: number;
  /** The run's name, with its teachers where the runs have different ones. */
  label: string;
  /** What the run learned from, in words that no run with other teachers has. */
  taughtBy: string;
  /** Completed search trials, repetitions left out, in order. */
  completed: readonly CompletedTrial[];
  best: CompletedTrial | null;
}

/** The runs in the order given, each with a label of its own. */
export function comparedRuns(reports: readonly ReportData[]): ComparedRun[] {
  const keys = [...new Set(reports.map(teachersKey))];
  const words = teacherWords(reports);
  return reports.map((data, series) => {
    const search = data.trials.filter(({ role }) => role === "search");
    const key = teachersKey(data);
    const taughtBy = words.get(key) ?? "none";
    return {
      data,
      series,
      colour: keys.length > 1 ? keys.indexOf(key) : series,
      label: keys.length > 1 ? `${data.run} (teacher${data.teachers.length > 1 ? "s" : ""}: ${taughtBy})` : data.run,
      taughtBy,
      completed: completedTrials(search).sort((a, b) => a.number - b.number),
      best: bestTrials(search, 1)[0] ?? null,
    };
  });
}

/** The reference by which the fronts of all runs are measured; undefined where no student was completed. */
export function commonReference(runs: readonly ComparedRun[]): AccuracyLatency | undefined {
  return worstCorner(runs.flatMap(({ completed }) => completed));
}

/** The unit of the latencies of all runs, see {@linkcode latencyUnit}. */
export function commonUnit(runs: readonly ComparedRun[]): ReturnType<typeof latencyUnit> {
  return runs.some(({ data }) => latencyUnit(data) === "ms combined") ? "ms combined" : "ms";
}

/** Configuration rows in which the runs differ: the option, and its value in each run, "–" where it has none. */
export function differingRows(runs: readonly ComparedRun[]): [option: string, ...values: string[]][] {
  const options = [...new Set(runs.flatMap(({ data }) => data.configuration.map(([option]) => option)))];
  return options.flatMap((option): [string, ...string[]][] => {
    if (NAMES_OF_THE_RUN.has(option)) return [];
    const values = runs.map(({ data }) => data.configuration.find(([name]) => name === option)?.[1] ?? "–");
    return new Set(values).size > 1 ? [[option, ...values]] : [];
  });
}

/** Options that say where a run is kept, and so always differ. */
const NAMES_OF_THE_RUN: ReadonlySet<string> = new Set(["run", "dataDir", "port"]);
