// H7: search and distillation in one (AKD, 1911.09074) against search first, distillation after.
import { type BlockContext, type Claim, targetShares } from "../claim.ts";
import { type FinalResult, finishArm, type FinishedArm, meanTestAccuracy, trainFinal } from "../finals.ts";
import { findingAtTargets, findingFrom, type PairedValue } from "../paired.ts";
import { twoByTwo } from "../figures/two_by_two.ts";
import { latencyShare, percent } from "../rows.ts";
import { labelsOnly, settleAll } from "../search_arm.ts";

interface TwiceFinished extends FinishedArm {
  /** The same students without a teacher. */
  labels: FinalResult[];
}

interface Cell {
  share: number;
  plain: TwiceFinished;
  guided: TwiceFinished;
}

export type GuidedBlock = { seed: number; cells: Cell[] };

async function finishTwice(context: BlockContext, arm: "plain" | "guided", share: number): Promise<TwiceFinished> {
  const finished = await finishArm(context, arm, share);
  const labels = await settleAll(finished.winners.map((winner) => trainFinal(context, winner, labelsOnly)));
  return { ...finished, labels };
}

export const guidedSearch: Claim<GuidedBlock> = {
  name: "guided-search",
  ids: ["H7"],
  summary: "2x2 of {plain, distillation-guided search} x {final training without, with distillation}",
  async block(context) {
    const cells = await settleAll(targetShares.map(async (share) => {
      const [plain, guided] = await settleAll([
        finishTwice(context, "plain", share),
        finishTwice(context, "guided", share),
      ]);
      return { share, plain, guided };
    }));
    return { seed: context.seed, cells };
  },
  reported: ({ cells }) => cells.flatMap(({ plain, guided }) => [...plain.winners, ...guided.winners]),
  judge(blocks, { measuredMs }) {
    const all = blocks.flatMap(({ cells }) => cells);
    const values = (value: (cell: Cell) => number): PairedValue[] =>
      all.map((cell) => ({ stratum: cell.share, value: value(cell) }));
    const edge = (cell: Cell, taught: "labels" | "distilled") =>
      meanTestAccuracy(cell.guided[taught]) - meanTestAccuracy(cell.plain[taught]);
    const withKd = "guided minus plain search, both finals distilled: test accuracy of the best two";
    const points = { scale: 100, above: 0, worth: 0.5 };
    const rows = blocks.flatMap(({ cells, seed }) =>
      cells.flatMap((cell) =>
        (["plain", "guided"] as const).map((arm) => ({
          seed,
          target: cell.share,
          search: arm,
          "final with labels, %": percent(meanTestAccuracy(cell[arm].labels)),
          "final with kd, %": percent(meanTestAccuracy(cell[arm].distilled)),
          "latency measured / target": latencyShare(cell[arm].winners, measuredMs, cell[arm].targetMs),
        }))
      )
    );
    return {
      findings: [
        findingAtTargets(
          { id: "H7", claimed: "guided search wins where finals are distilled", measured: withKd },
          all.map((cell) => ({
            share: cell.share,
            difference: edge(cell, "distilled"),
            better: cell.guided.winners,
            other: cell.plain.winners,
          })),
          { measuredMs },
        ),
        findingFrom(
          {
            id: "H7",
            claimed: "its edge is larger with distillation than without",
            measured: "interaction of the 2x2: the edge with distilled finals minus that with finals from labels",
            unit: "points",
          },
          values((cell) => edge(cell, "distilled") - edge(cell, "labels")),
          points,
        ),
        findingFrom(
          {
            id: "H7",
            claimed: "distillation helps the final training",
            measured: "finals with kd minus finals with labels, students of both searches",
            unit: "points",
          },
          values((cell) =>
            (meanTestAccuracy(cell.plain.distilled) - meanTestAccuracy(cell.plain.labels) +
              meanTestAccuracy(cell.guided.distilled) - meanTestAccuracy(cell.guided.labels)) / 2
          ),
          points,
        ),
      ],
      figures: [
        twoByTwo(
          blocks.flatMap(({ cells, seed }) =>
            cells.flatMap((cell) =>
              (["plain", "guided"] as const).flatMap((arm) =>
                (["labels", "distilled"] as const).map((taught) => ({
                  arm,
                  taught: taught === "labels" ? "labels" as const : "kd" as const,
                  share: cell.share,
                  seed,
                  percent: 100 * meanTestAccuracy(cell[arm][taught]),
                }))
              )
            )
          ),
        ),
      ],
      tables: [{ title: "The 2x2, means of the best two students of each search", rows }],
    };
  },
};
