// H8: the best student differs by teacher. The same students under two teachers of different families, each twice.
import { hashSeed, Random } from "../../../src/data/random.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { spearman } from "../../../search/rank_correlation.ts";
import { proxyTraining, teachingBy } from "../arms.ts";
import type { Claim } from "../claim.ts";
import { drawStudents } from "../drawn_students.ts";
import { findingOf } from "../paired.ts";
import { settleAll } from "../search_arm.ts";
import { bootstrapInterval } from "../statistics.ts";

const studentCount = 24;

const trainings = [
  { family: "residual", index: 0 },
  { family: "residual", index: 0 },
  { family: "mobile", index: 0 },
  { family: "mobile", index: 0 },
  // A close teacher: the first one's family, other weights.
  { family: "residual", index: 1 },
] as const;

/** Accuracies of a student, one per training in the order of `trainings`. */
export type Scores = readonly number[];

export interface RankingBlock {
  students: Scores[];
}

const within = [[0, 1], [2, 3]];
const across = [[0, 2], [0, 3], [1, 2], [1, 3]];
const close = [[0, 4], [1, 4]];

/** Mean rank correlation of the trainings of `pairs`; null where one has none. */
export function meanCorrelation(students: readonly Scores[], pairs: readonly (readonly number[])[]): number | null {
  let sum = 0;
  for (const [a, b] of pairs) {
    const one = spearman(students.map((scores) => scores[a]), students.map((scores) => scores[b]));
    if (one === null) return null;
    sum += one;
  }
  return sum / pairs.length;
}

export const teacherRanking: Claim<RankingBlock> = {
  name: "teacher-ranking",
  ids: ["H8"],
  summary: "rank correlation of students' scores across teachers, against the same teacher with other seeds",
  async block(context) {
    const { dataset, lab, seed } = context;
    const space = createSpace("mnas", await lab.io(dataset));
    const students = drawStudents(space, { count: studentCount, name: "teacher ranking", seed });
    const scores = await settleAll(
      students.map((student) =>
        settleAll(trainings.map(async ({ family, index }, training) => {
          const teaching = await teachingBy(lab, family, { dataset, index });
          const outcome = await lab.train(
            proxyTraining(context, student, { seed: hashSeed("teacher ranking", seed, training), teaching }),
          );
          return outcome.diverged === undefined ? outcome.accuracy : 0;
        }))
      ),
    );
    return { students: scores };
  },
  judge(blocks) {
    const students = blocks.flatMap((block) => block.students);
    const difference = (drawn: readonly Scores[]) => {
      const [same, other] = [meanCorrelation(drawn, within), meanCorrelation(drawn, across)];
      return same === null || other === null ? null : same - other;
    };
    const random = () => new Random(hashSeed("teacher ranking", "bootstrap"));
    const row = (what: string, pairs: readonly (readonly number[])[]) => {
      const { high, low, mean } = bootstrapInterval(students, (drawn) => meanCorrelation(drawn, pairs), {
        random: random(),
      });
      const rounded = (value: number | null) => value === null ? null : Math.round(value * 1000) / 1000;
      return {
        pairs: what,
        spearman: rounded(mean),
        low: rounded(low),
        high: rounded(high),
        students: students.length,
      };
    };
    return {
      findings: [findingOf(
        {
          id: "H8",
          claimed: "students rank otherwise under another teacher",
          measured: "Spearman within a teacher, trained again, minus Spearman across teachers of two families",
          unit: "",
          note: `interval by bootstrap over ${students.length} students`,
        },
        bootstrapInterval(students, difference, { random: random() }),
        { n: students.length, seeds: blocks.length },
        { above: 0, worth: 0.1 },
      )],
      tables: [{
        title: "H8: rank correlations of students' scores",
        rows: [
          row("same teacher, trained again", within),
          row("another teacher of the same family", close),
          row("a teacher of another family", across),
        ],
      }],
    };
  },
};
