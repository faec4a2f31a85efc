// A run among others: what comparisons show of it, under one name and one place among the series.
import { bestTrials, type CompletedTrial, completedTrials } from "../../completed_trials.ts";
import { worstCorner } from "../../front_over_time.ts";
import type { AccuracyLatency } from "../../pareto.ts";
import type { ReportData } from "../report_data.ts";

/** One run of a comparison. */
export interface ComparedRun {
  data: ReportData;
  /** 0-based; gives its colour, sign and dashes. */
  series: number;
  /** 0-based among the different teachers, where there are several; else `series`: gives the colour on the common map. */
  colour: number;
  /** The run's name, with its teacher where the runs have different ones. */
  label: string;
  /** Completed search trials, repetitions left out, in order. */
  completed: readonly CompletedTrial[];
  best: CompletedTrial | null;
}

/** The runs in the order given, each with a label of its own. */
export function comparedRuns(reports: readonly ReportData[]): ComparedRun[] {
  const teachers = [...new Set(reports.map(({ teacher }) => teacher?.name))];
  return reports.map((data, series) => {
    const search = data.trials.filter(({ role }) => role === "search");
    return {
      data,
      series,
      colour: teachers.length > 1 ? teachers.indexOf(data.teacher?.name) : series,
      label: teachers.length > 1 ? `${data.run} (teacher: ${data.teacher?.name ?? "none"})` : data.run,
      completed: completedTrials(search).sort((a, b) => a.number - b.number),
      best: bestTrials(search, 1)[0] ?? null,
    };
  });
}

/** The reference by which the fronts of all runs are measured; undefined where no student was completed. */
export function commonReference(runs: readonly ComparedRun[]): AccuracyLatency | undefined {
  return worstCorner(runs.flatMap(({ completed }) => completed));
}

/** What makes results of runs comparable, in words, and how a run tells it; null where it does not know yet. */
const CIRCUMSTANCES: readonly (readonly [words: string, of: (data: ReportData) => string | null])[] = [
  ["devices", ({ devices }) => devices.map(({ description }) => description).join("\n") || null],
  ["runtimes", ({ devices }) => devices.map(({ runtime }) => runtime).join("\n") || null],
  ["measuring protocols", protocolsOf],
  ["data", ({ dataHash }) => dataHash],
];

function protocolsOf({ trials }: ReportData): string | null {
  const protocols = new Set(trials.flatMap(({ measurements }) => measurements.map(({ protocol }) => protocol)));
  return [...protocols].sort().join("\n") || null;
}

/** In what the runs differ so that their results do not compare, for instance "different data"; null where they do. */
export function whyIncomparable(runs: readonly ComparedRun[]): string | null {
  const differing = CIRCUMSTANCES.filter(([, of]) => {
    return new Set(runs.map(({ data }) => of(data)).filter((value) => value !== null)).size > 1;
  }).map(([words]) => words);
  if (differing.length === 0) return null;
  const last = differing.pop();
  const listed = differing.length > 0 ? `${differing.join(", ")} and ${last}` : last;
  return `different ${listed}`;
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
