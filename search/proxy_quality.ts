// How well the short trainings of a search tell who is good: compared with long ones.
import type { FinalStudent, SampledStudent, Trial } from "../src/schemas/trial.ts";
import { completedTrials } from "./completed_trials.ts";
import { spearman, spearmanInterval } from "./rank_correlation.ts";
import type { RunStore } from "./store/run_store.ts";

const sampleKey = "sampledStudents";

/** The students of the random sample that are trained already, in ask order. */
export function sampledStudents(store: Pick<RunStore, "get">): SampledStudent[] {
  return ((store.get(sampleKey) ?? []) as SampledStudent[]).toSorted((a, b) => a.trial - b.trial);
}

export function saveSampledStudent(store: Pick<RunStore, "get" | "set">, student: SampledStudent): void {
  store.set(sampleKey, [...sampledStudents(store), student]);
}

/** Rank correlation of short and long validation accuracies. */
export interface RankAgreement {
  /** Null of fewer than three students, and where all of one side are equally accurate. */
  spearman: number | null;
  /** Students that were trained both ways. */
  n: number;
}

/**
 * How well the short trainings of a search told who is good: over all students and baselines that were trained both
 * ways, of which the best were selected by their short trainings, so that it says little of the others; and over the
 * students that were drawn at random.
 */
export interface ProxyQuality extends RankAgreement {
  /** Of the random sample alone. */
  sample: RankAgreement & {
    /** 95 % interval; null of fewer than four students. */
    low: number | null;
    high: number | null;
  };
}

/** Compares validation accuracies of short and long trainings. */
export function proxyQuality(
  trials: readonly Trial[],
  { finals, sampled }: {
    finals: readonly Pick<FinalStudent, "accuracy" | "role" | "trial">[];
    sampled: readonly SampledStudent[];
  },
): ProxyQuality {
  const completed = completedTrials(trials);
  const pairsOf = (long: readonly Pick<FinalStudent, "accuracy" | "role" | "trial">[]) =>
    long.flatMap(({ accuracy, role, trial }) => {
      const short = completed.find((one) => one.role === role && one.number === trial);
      return short ? [{ short: short.accuracy, long: accuracy }] : [];
    });
  const agreement = (pairs: readonly { short: number; long: number }[]): RankAgreement => ({
    spearman: spearman(pairs.map(({ short }) => short), pairs.map(({ long }) => long)),
    n: pairs.length,
  });
  const random = pairsOf(sampled.map((one) => ({ ...one, role: "search" as const })));
  const sample = agreement(random);
  const [low, high] = spearmanInterval(sample.spearman, sample.n) ?? [null, null];
  return { ...agreement([...pairsOf(finals), ...random]), sample: { ...sample, low, high } };
}
