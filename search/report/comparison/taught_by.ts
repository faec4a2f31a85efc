// What runs learned from, in words that tell different teachers apart, whatever their names.
import { formatPercent } from "../../../src/cli/format.ts";
import type { ReportData } from "../report_data.ts";

type Taught = Pick<ReportData, "teachers">;

/** Equal for runs of the same teachers. */
export function teachersKey({ teachers }: Taught): string {
  return teachers.map(({ hash }) => hash).sort().join(" ");
}

/** By key the teachers' names; with their accuracies where names do not tell them apart, and then with a number. */
export function teacherWords(runs: readonly Taught[]): ReadonlyMap<string, string> {
  const taught = [...Map.groupBy(runs, teachersKey)].map(([key, [{ teachers }]]) => [key, teachers] as const);
  const names = taught.map(([, teachers]) => teachers.map(({ name }) => name));
  const plain = names.map((all) => all.join(" and ") || "none");
  const told = taught.map(([, teachers], i) => {
    const hasNamesakes = new Set(names[i]).size < names[i].length;
    return hasNamesakes || isShared(plain[i], plain) ? teachers.map(withAccuracy).join(" and ") : plain[i];
  });
  return new Map(taught.map(([key], i) => {
    const place = told.slice(0, i + 1).filter((words) => words === told[i]).length;
    return [key, isShared(told[i], told) ? `${told[i]}, no. ${place}` : told[i]];
  }));
}

function withAccuracy({ accuracy, name }: Taught["teachers"][number]): string {
  return accuracy === null ? name : `${name}, ${formatPercent(accuracy)}`;
}

function isShared(words: string, all: readonly string[]): boolean {
  return all.filter((other) => other === words).length > 1;
}
