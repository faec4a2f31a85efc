// How far the numbers of one and the same student differ from training to training, and what the short training of a search
// says of the long one. All other differences are to be read beside these.
import { hashSeed, Random } from "../../../src/data/random.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { spearman } from "../../../search/rank_correlation.ts";
import { finalTraining, proxyTraining, teachingBy } from "../arms.ts";
import type { Claim } from "../claim.ts";
import { drawStudents } from "../drawn_students.ts";
import type { TrainingOutcome } from "../lab.ts";
import { scatter } from "../figures/scatter.ts";
import { findingOf } from "../paired.ts";
import { settleAll } from "../search_arm.ts";
import { bootstrapInterval, deviation, pooledDeviation } from "../statistics.ts";
import { mean } from "../../distillation/statistics.ts";

const studentCount = 12;

export interface NoiseBlock {
  /** By student: on the validation part after the short training. */
  proxy: number[];
  /** By student: on the test part after the long one. */
  final: number[];
}

const scoreOf = (outcome: TrainingOutcome, part: "accuracy" | "testAccuracy"): number =>
  outcome.diverged === undefined ? outcome[part] ?? 0 : 0;

/** Standard deviations in points of accuracy. */
export interface NoiseFloor {
  proxyPoints: number;
  finalPoints: number;
  students: number;
  seeds: number;
}

/** The noise floor; null from fewer than two seeds. */
export function noiseFloorOf(blocks: readonly NoiseBlock[]): NoiseFloor | null {
  if (blocks.length < 2) return null;
  const noise = (part: "proxy" | "final") =>
    100 * pooledDeviation(blocks[0][part].map((_, student) => blocks.map((block) => block[part][student])));
  return {
    proxyPoints: noise("proxy"),
    finalPoints: noise("final"),
    students: blocks[0].proxy.length,
    seeds: blocks.length,
  };
}

export const noiseFloor: Claim<NoiseBlock> = {
  name: "noise-floor",
  ids: [],
  summary: "the same 12 students trained again and again, short and long",
  async block(context) {
    const { dataset, lab, seed } = context;
    const students = drawStudents(createSpace("mnas", await lab.io(dataset)), {
      count: studentCount,
      name: "noise floor",
    });
    const teaching = await teachingBy(lab, "residual", { dataset });
    const [proxy, final] = await settleAll(
      [proxyTraining, finalTraining].map((training, part) =>
        settleAll(
          students.map((student) =>
            lab.train(training(context, student, { seed: hashSeed("noise floor", seed, part), teaching }))
          ),
        )
      ),
    );
    return {
      proxy: proxy.map((outcome) => scoreOf(outcome, "accuracy")),
      final: final.map((outcome) => scoreOf(outcome, "testAccuracy")),
    };
  },
  judge(blocks) {
    const noise = noiseFloorOf(blocks);
    const students = blocks[0].proxy.map((_, student) =>
      blocks.map(({ proxy, final }) => ({
        proxy: proxy[student],
        final: final[student],
      }))
    );
    // Of each seed on its own, since a search sees one short training of a student.
    const correlation = (drawn: readonly typeof students[number][]) => {
      const bySeed = blocks.map((_, seed) =>
        spearman(drawn.map((runs) => runs[seed].proxy), drawn.map((runs) => runs[seed].final))
      );
      return bySeed.some((value) => value === null) ? null : mean(bySeed.map((value) => value ?? 0));
    };
    const interval = bootstrapInterval(students, correlation, { random: new Random(hashSeed("noise floor")) });
    const spread = (part: "proxy" | "final") =>
      100 * deviation(students.map((runs) => mean(runs.map((run) => run[part]))));
    const rounded = (value: number) => Math.round(value * 100) / 100;
    return {
      findings: [
        findingOf(
          {
            id: "proxy",
            claimed: "short trainings rank students as long ones do",
            measured: "Spearman's rank correlation of validation accuracy after the short training and test accuracy " +
              "after the long one, students drawn evenly from the space",
            unit: "",
            note: `interval by bootstrap over ${studentCount} students, mean over ${blocks.length} seeds`,
          },
          interval,
          { n: studentCount, seeds: blocks.length },
          { above: 0, worth: 0.3 },
        ),
      ],
      figures: [scatter({
        name: "proxy-and-final",
        caption: "The same 12 students after the short and after the long training, each seed a mark of its own.",
        panel: "Short and long training",
        x: "validation accuracy after the short training, %",
        y: "test accuracy after the long one, %",
        series: blocks.map((_, seed) => `seed ${seed + 1}`),
        points: blocks.flatMap(({ final, proxy }, series) =>
          proxy.map((accuracy, student) => ({ x: 100 * accuracy, y: 100 * final[student], series }))
        ),
      })],
      tables: noise === null ? [] : [{
        title: "Noise floor: standard deviations in points of accuracy",
        rows: (["proxy", "final"] as const).map((part) => ({
          training: part === "proxy" ? "short, validation" : "long, test",
          "of one student, trained again": rounded(part === "proxy" ? noise.proxyPoints : noise.finalPoints),
          "between students": rounded(spread(part)),
          students: noise.students,
          seeds: noise.seeds,
        })),
      }],
    };
  },
};
