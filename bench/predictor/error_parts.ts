// What the predictor's errors are made of: students of one session share its drift, which no model can foresee; within
// a session there is the measurement's own noise, and what is left is the model's. Pure.
import { mean } from "../distillation/statistics.ts";
import { splitOf } from "./learning_curve.ts";
import { type Example, models } from "./models.ts";

/** Standard deviations of relative errors. */
export interface ErrorParts {
  trainedOn: number;
  all: number;
  /** Shared by the students of a session. */
  ofSessions: number;
  /** Of the students of one session. */
  withinSessions: number;
  /** As the measurements' own intervals say. */
  ofMeasurements: number;
  /** Of the model, with what networks of the same kernels differ by: what the measurements leave of `withinSessions`. */
  ofModel: number;
}

/**
 * Standard deviations between and within groups, by one-way analysis of variance with random effects (Searle et al.
 * 1992). RangeError unless there are two groups or more and one of two values or more.
 */
export function spreadOfGroups(groups: readonly (readonly number[])[]): { between: number; within: number } {
  const values = groups.flat();
  const [count, freedom] = [groups.length, values.length - groups.length];
  if (count < 2 || freedom < 1) {
    throw new RangeError(
      `two groups or more, one of two values or more: got ${count} groups of ${values.length} values`,
    );
  }
  const centre = mean(values);
  const squares = groups.map((group) => group.reduce((sum, value) => sum + (value - mean(group)) ** 2, 0));
  const within = squares.reduce((sum, square) => sum + square, 0) / freedom;
  const between = groups.reduce((sum, group) => sum + group.length * (mean(group) - centre) ** 2, 0) / (count - 1);
  const usual = (values.length - groups.reduce((sum, { length }) => sum + length ** 2, 0) / values.length) /
    (count - 1);
  return { between: Math.sqrt(Math.max(0, (between - within) / usual)), within: Math.sqrt(within) };
}

/** Of held-out `examples`, over random splits; `noise` is the measurements' own relative standard error. */
export function errorParts(
  examples: readonly (Example & { session: string })[],
  { noise, seed, splits, trainedOn }: { noise: number; seed: number; splits: number; trainedOn: number },
): ErrorParts {
  const parts = Array.from({ length: splits }, (_, split) => {
    const { heldOut, training } = splitOf(examples, trainedOn, seed + split);
    const foretell = models.predictor(training);
    const bySession = new Map<string, number[]>();
    for (const { architecture, latencyMs, session } of heldOut) {
      const error = Math.log(latencyMs / foretell(architecture).latencyMs);
      bySession.set(session, [...bySession.get(session) ?? [], error]);
    }
    const groups = [...bySession.values()];
    return { ...spreadOfGroups(groups), all: mean(groups.flat().map((error) => error ** 2)) };
  });
  const root = (values: readonly number[]) => Math.sqrt(mean(values));
  const withinSessions = root(parts.map(({ within }) => within ** 2));
  return {
    trainedOn,
    all: root(parts.map(({ all }) => all)),
    ofSessions: root(parts.map(({ between }) => between ** 2)),
    withinSessions,
    ofMeasurements: noise,
    ofModel: Math.sqrt(Math.max(0, withinSessions ** 2 - noise ** 2)),
  };
}
