// H12, H15, H17: many teachers for one student that nobody searched for (1911.13019). By their mean, or by those alone that
// are right about an image (oracle), as they become more and as the data become harder.
import { hashSeed } from "../../../src/data/random.ts";
import { architectureHash } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { finalTraining } from "../arms.ts";
import type { BlockContext, Claim } from "../claim.ts";
import { ensembleAccuracy } from "../ensemble.ts";
import { scatter } from "../figures/scatter.ts";
import { findingFrom } from "../paired.ts";
import type { Variant } from "../job.ts";
import { percent } from "../rows.ts";
import { settleAll } from "../search_arm.ts";
import { teacherRequest } from "../teachers.ts";
import { mean } from "../../distillation/statistics.ts";

const most = 5;
const methods = { average: "multi-teacher", oracle: "oracle" } as const;
type MethodName = keyof typeof methods;

interface Condition {
  name: string;
  variant: Variant;
  /** Of teachers and student; without it those of the recipe. */
  trainImages?: number;
  members: readonly number[];
}

const conditions: readonly Condition[] = [
  { name: "whole", variant: { name: "whole" }, members: [1, 2, 3, 4, 5] },
  { name: "noisy labels", variant: { name: "noisy-labels", share: 0.3 }, trainImages: 12_288, members: [most] },
  { name: "few images", variant: { name: "whole" }, trainImages: 2048, members: [most] },
];

interface Row {
  condition: string;
  members: number;
  /** Test accuracies. */
  ensemble: number;
  student: Record<MethodName, number>;
}

export interface EnsemblesBlock {
  seed: number;
  rows: Row[];
}

/** Test accuracy of the fixed student, half as wide as the reference, and of its teachers together. */
async function measure(context: BlockContext, condition: Condition, members: number): Promise<Row> {
  const { dataset, lab } = context;
  const student = createSpace("mnas", await lab.io(dataset)).reference(0.5);
  const teachers = await settleAll(Array.from({ length: members }, (_, index) =>
    teacherRequest(lab, {
      family: "residual",
      index,
      dataset,
      variant: condition.variant,
      ...(condition.trainImages !== undefined && { trainImages: condition.trainImages }),
    })));
  const seed = hashSeed("ensembles", context.seed, architectureHash(student));
  const [taught, logits] = await Promise.all([
    settleAll(
      Object.values(methods).map(async (method) => {
        const whole = finalTraining(context, student, { seed, teaching: { method, teachers } });
        const trainImages = condition.trainImages ?? whole.numbers.trainImages;
        // Few images are seen more often, for as many steps.
        const epochs = Math.round(whole.numbers.epochs * whole.numbers.trainImages / trainImages);
        const outcome = await lab.train({
          ...whole,
          variant: condition.variant,
          numbers: { ...whole.numbers, trainImages, epochs },
        });
        return outcome.diverged === undefined ? outcome.testAccuracy ?? 0 : 0.1;
      }),
    ),
    settleAll(teachers.map(async (teacher) => {
      const outcome = await lab.train(teacher);
      if (outcome.diverged !== undefined || outcome.logits === undefined) throw new Error("a teacher was not trained");
      return new Float32Array((await Deno.readFile(outcome.logits)).buffer);
    })),
  ]);
  const [average, oracle] = taught;
  return {
    condition: condition.name,
    members,
    ensemble: ensembleAccuracy(logits, await lab.testLabels(dataset)),
    student: { average, oracle },
  };
}

/** Slope of least squares. */
export function slope(points: readonly { x: number; y: number }[]): number {
  const [meanX, meanY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const square = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  return points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / square;
}

export const ensembles: Claim<EnsemblesBlock> = {
  name: "ensembles",
  ids: ["H12", "H15", "H17"],
  summary: "oracle against averaged ensembles of 1 to 5 teachers, fixed student, easy and hard data",
  async block(context) {
    const rows = await settleAll(
      conditions.flatMap((condition) => condition.members.map((members) => measure(context, condition, members))),
    );
    return { seed: context.seed, rows };
  },
  judge(blocks) {
    const one = (value: (rows: readonly Row[]) => number) =>
      blocks.map(({ rows }) => ({ stratum: "all", value: value(rows) }));
    const gain = (rows: readonly Row[], condition: string) => {
      const row = rows.find((other) => other.condition === condition && other.members === most);
      if (!row) throw new Error(`no ensemble of ${most} with ${condition}`);
      return row.student.oracle - row.student.average;
    };
    const points = { scale: 100, above: 0, worth: 0.5 };
    const teachersNote = "one set of teachers: the interval is over the student's trainings";
    return {
      findings: [
        findingFrom(
          {
            id: "H12",
            claimed: "the gap between ensemble and student grows with the ensemble",
            measured: "slope over 1 to 5 teachers of the ensemble's test accuracy minus the averaged student's, " +
              "points per teacher",
            unit: "points",
            note: teachersNote,
          },
          one((rows) =>
            slope(
              rows.filter(({ condition }) => condition === "whole")
                .map(({ ensemble, members, student }) => ({ x: members, y: ensemble - student.average })),
            )
          ),
          { scale: 100, above: 0, worth: 0.1 },
        ),
        findingFrom(
          {
            id: "H17",
            claimed: "the oracle beats the average for a fixed student",
            measured: `test accuracy with ${most} teachers: oracle minus average`,
            unit: "points",
            note: teachersNote,
          },
          one((rows) => gain(rows, "whole")),
          points,
        ),
        ...conditions.slice(1).map(({ name }) =>
          findingFrom(
            {
              id: "H15",
              claimed: `the oracle's advantage grows with difficulty: ${name}`,
              measured: `oracle minus average with ${most} teachers: with ${name} minus with the data as they are`,
              unit: "points",
              note: teachersNote,
            },
            one((rows) => gain(rows, name) - gain(rows, "whole")),
            points,
          )
        ),
      ],
      figures: [scatter({
        name: "ensembles",
        caption:
          "Test accuracy of ensembles of 1 to 5 teachers and of the fixed student that they teach, means over seeds.",
        panel: "Data as they are",
        x: "teachers",
        y: "test accuracy, %",
        joined: true,
        xTicks: conditions[0].members,
        series: ["ensemble of teachers", "student by average", "student by oracle"],
        points: conditions[0].members.flatMap((members) => {
          const rows = blocks.flatMap((block) =>
            block.rows.filter((row) => row.condition === conditions[0].name && row.members === members)
          );
          return [
            mean(rows.map(({ ensemble }) => ensemble)),
            mean(rows.map(({ student }) => student.average)),
            mean(rows.map(({ student }) => student.oracle)),
          ].map((accuracy, series) => ({ x: members, y: 100 * accuracy, series }));
        }),
      })],
      tables: [{
        title: "H12, H15, H17: test accuracy by ensemble, %",
        rows: conditions.flatMap(({ members, name }) =>
          members.map((count) => {
            const rows = blocks.flatMap((block) =>
              block.rows.filter((row) => row.condition === name && row.members === count)
            );
            return {
              data: name,
              teachers: count,
              ensemble: percent(rows[0].ensemble),
              "student by average": percent(mean(rows.map(({ student }) => student.average))),
              "student by oracle": percent(mean(rows.map(({ student }) => student.oracle))),
              seeds: rows.length,
            };
          })
        ),
      }],
    };
  },
};
