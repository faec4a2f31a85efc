// The linear theory of distillation, exactly: Phuong & Lampert 2019, "Towards Understanding Knowledge Distillation"
// (2105.13093).
import { setImmediate } from "node:timers/promises";
import * as z from "zod";
import { type Bench, commonOptions } from "./bench.ts";
import {
  deepError,
  distanceToProjection,
  drawProblem,
  expectedRisk,
  learnedFromSoftLabels,
  orthogonalDrift,
  riskAfterDescent,
  risksByCount,
  transferRisk,
} from "./linear_theory/experiments.ts";
import { describeMachine, type Machine } from "./machine.ts";

const optionsSchema = z.strictObject({
  trials: z.int().min(2).max(10_000).default(40).meta({
    placeholder: "N",
    description: "drawn problems for each row of risks",
  }),
  seed: z.int().min(0).default(1).meta({ placeholder: "N", description: "of the problems" }),
  ...commonOptions,
});

export type LinearTheoryOptions = z.output<typeof optionsSchema>;

/** Mean over the trials, and half of its interval of 95 %. */
export interface LinearTheoryRow {
  experiment: string;
  mean: number;
  interval: number;
  /** What theory says, or what was found before where it says nothing. */
  expected: number;
}

/** Long enough for few inputs to be learned to the last digit. */
const toTheEnd = { steps: 100_000, learningRate: 0.5 };
const someSteps = { steps: 3000, learningRate: 0.5 };
const softAndHard = [{ count: 10, soft: 0.342, hard: 0.373 }, { count: 20, soft: 0.26, hard: 0.32 }, {
  count: 40,
  soft: 0.148,
  hard: 0.259,
}];
const deepErrors = [{ scale: 1e-1, error: 0.11 }, { scale: 1e-2, error: 0.017 }, { scale: 1e-3, error: 0.0016 }];

async function measure(
  experiment: string,
  expected: number,
  trials: number,
  trial: (index: number) => number,
): Promise<LinearTheoryRow> {
  const values: number[] = [];
  for (let index = 0; index < trials; index++) {
    values.push(trial(index));
    await setImmediate();
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / trials;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (trials - 1);
  return { experiment, mean, interval: 1.96 * Math.sqrt(variance / trials), expected };
}

async function run({ trials, seed }: LinearTheoryOptions): Promise<{ rows: LinearTheoryRow[]; machine: Machine }> {
  const rows: LinearTheoryRow[] = [];
  const problemOf = (dimension: number, count: number, index: number) =>
    drawProblem(dimension, count, seed + index * 1000 + count);
  const unsureOf = (index: number) => drawProblem(10, 4, seed + index, { teacherLength: 1 });
  for (const count of [25, 50, 75, 100]) {
    rows.push(
      await measure(`risk, d=100, n=${count}`, expectedRisk(100, count), trials, (index) => {
        const problem = problemOf(100, count, index);
        return transferRisk(learnedFromSoftLabels(problem), problem.teacher);
      }),
    );
  }
  rows.push(
    await measure("largest growth of the risk with one input more, d=40", 0, trials, (index) => {
      const risks = risksByCount(problemOf(40, 45, index));
      return Math.max(...risks.slice(1).map((risk, place) => risk - risks[place]));
    }),
    await measure(
      "distance of descent from zero to the projection, d=10, n=4",
      0,
      Math.min(trials, 10),
      (index) => distanceToProjection(unsureOf(index), toTheEnd),
    ),
    await measure(
      "drift of a start orthogonal to the inputs, d=10, n=4",
      0,
      Math.min(trials, 10),
      (index) => orthogonalDrift(unsureOf(index), toTheEnd, 0.3),
    ),
  );
  for (const { scale, error } of deepErrors) {
    rows.push(
      await measure(
        `two layers from ${scale}: distance to the projection, d=10, n=4`,
        error,
        Math.min(trials, 10),
        (index) =>
          deepError(unsureOf(index), {
            hidden: 10,
            initialScale: scale,
            seed: index,
            steps: 20_000,
            learningRate: 0.05,
          }),
      ),
    );
  }
  for (const { count, ...expected } of softAndHard) {
    for (const labels of ["soft", "hard"] as const) {
      rows.push(
        await measure(
          `risk of ${labels} labels, d=40, n=${count}, 3000 steps`,
          expected[labels],
          trials,
          (index) => riskAfterDescent(problemOf(40, count, index), labels, someSteps),
        ),
      );
    }
  }
  return { rows, machine: describeMachine() };
}

export const bench: Bench<typeof optionsSchema> = {
  name: "linear-theory",
  summary: "what linear students learn from soft labels, against theory: risks, projections, two layers",
  options: optionsSchema,
  run,
};
