// H12, H15, H17: many teachers for one student that nobody searched for (1911.13019). By their mean, or by those alone that
// are right about an image (oracle), as they become more and as the data become harder.
import type { Claim } from "../claim.ts";
import { conditions, most, type Row, teachFixedStudent } from "../ensemble_students.ts";
import { scatter } from "../figures/scatter.ts";
import { findingFrom } from "../paired.ts";
import { percent } from "../rows.ts";
import { settleAll } from "../search_arm.ts";
import { mean } from "../../distillation/statistics.ts";

export interface EnsemblesBlock {
  seed: number;
  rows: Row[];
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
      conditions.flatMap((condition) =>
        condition.members.map((members) => teachFixedStudent(context, condition, members))
      ),
    );
    return { seed: context.seed, rows };
  },
  judge(blocks) {
    const one = (value: (rows: readonly Row[]) => number) =>
      blocks.map(({ rows }) => ({ stratum: "all", value: value(rows) }));
    const largest = (rows: readonly Row[], condition: string): Row => {
      const row = rows.find((other) => other.condition === condition && other.members === most);
      if (!row) throw new Error(`no ensemble of ${most} with ${condition}`);
      return row;
    };
    const gain = (rows: readonly Row[], condition: string) => {
      const { average, oracle } = largest(rows, condition).student;
      return oracle - average;
    };
    // One set of teachers: the same number with all seeds.
    const allCorrect = (condition: string) => largest(blocks[0].rows, condition).allCorrect;
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
        ...conditions.flatMap(({ easier, name }) =>
          easier === undefined ? [] : [findingFrom(
            {
              id: "H15",
              claimed: `the oracle's advantage grows with difficulty: ${name}`,
              measured: `oracle minus average with ${most} teachers: "${name}" minus "${easier}"`,
              unit: "points",
              note: `all teachers are right about ${percent(allCorrect(name))} % of the test images, ` +
                `${percent(allCorrect(easier))} % with "${easier}"; ${teachersNote}`,
            },
            one((rows) => gain(rows, name) - gain(rows, easier)),
            points,
          )]
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
              "all teachers right": percent(rows[0].allCorrect),
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
