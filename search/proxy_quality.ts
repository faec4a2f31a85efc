// How well the short trainings of a search tell who is good: compared with long ones.
import type { FinalStudent, SampledStudent, Trial } from "../src/schemas/trial.ts";
import { completedTrials } from "./completed_trials.ts";
import { spearman } from "./rank_correlation.ts";
import type { RunStore } from "./store/run_store.ts";

const sampleKey = "sampledStudents";

/** The students of the random sample that are trained already, in ask order. */
export function sampledStudents(store: Pick<RunStore, "get">): SampledStudent[] {
  return ((store.get(sampleKey) ?? []) as SampledStudent[]).toSorted((a, b) => a.trial - b.trial);
}

export function saveSampledStudent(store: Pick<RunStore, "get" | "set">, student: SampledStudent): void {
  store.set(sampleKey, [...sampledStudents(store), student]);
}

/** How well the short trainings of a search told who is good. */
export interface ProxyQuality {
  /** Rank correlation of short and long validation accuracies; null of fewer than three students. */
  spearman: number | null;
  /** Students, baselines included, that were trained both ways. */
  n: number;
}

/** Compares validation accuracies of short and long trainings over all students and baselines that have both. */
export function proxyQuality(
  trials: readonly Trial[],
  { finals, sampled }: {
    finals: readonly Pick<FinalStudent, "accuracy" | "role" | "trial">[];
    sampled: readonly SampledStudent[];
  },
): ProxyQuality {
  const long = [...finals, ...sampled.map((one) => ({ ...one, role: "search" as const }))];
  const pairs = long.flatMap(({ accuracy, role, trial }) => {
    const short = completedTrials(trials).find((one) => one.role === role && one.number === trial);
    return short ? [{ short: short.accuracy, long: accuracy }] : [];
  });
  return {
    spearman: spearman(pairs.map((pair) => pair.short), pairs.map((pair) => pair.long)),
    n: pairs.length,
  };
}
