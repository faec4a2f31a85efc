// H2: the space matters. Seven blocks with choices of their own against one choice for all blocks.
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { boxInWords, coveredShare } from "../box.ts";
import { type Claim, targetShares } from "../claim.ts";
import { finishArm, type FinishedArm, meanTestAccuracy } from "../finals.ts";
import { scatter } from "../figures/scatter.ts";
import { findingAtTargets, findingFrom } from "../paired.ts";
import { latencyShare, percent } from "../rows.ts";
import { settleAll } from "../search_arm.ts";

export interface SpacesBlock {
  seed: number;
  referenceMs: number;
  cells: { share: number; guided: FinishedArm; uniform: FinishedArm }[];
}

const winnersOf = ({ cells }: SpacesBlock): Architecture[] =>
  cells.flatMap(({ guided, uniform }) => [...guided.winners, ...uniform.winners]);

export const spacesClaim: Claim<SpacesBlock> = {
  name: "spaces",
  ids: ["H2"],
  summary: "the factorized space against one that repeats a single block",
  async block(context) {
    const cells = await settleAll(targetShares.map(async (share) => {
      const [guided, uniform] = await settleAll(
        (["guided", "uniform"] as const).map((arm) => finishArm(context, arm, share)),
      );
      return { share, guided, uniform };
    }));
    return { seed: context.seed, referenceMs: context.referenceMs, cells };
  },
  reported: winnersOf,
  judge(blocks, { measuredMs }) {
    const all = blocks.flatMap(({ cells, referenceMs, seed }) => cells.map((cell) => ({ ...cell, referenceMs, seed })));
    return {
      findings: [
        findingFrom(
          {
            id: "H2",
            claimed: "the factorized space's front covers more",
            measured: `hypervolume of the factorized space minus that of the uniform one, ${boxInWords}`,
            unit: "points",
          },
          all.map(({ share, guided, referenceMs, uniform }) => ({
            stratum: share,
            value: coveredShare(guided.students, referenceMs) - coveredShare(uniform.students, referenceMs),
          })),
          { scale: 100, above: 0, worth: 0.5 },
        ),
        findingAtTargets(
          {
            id: "H2",
            claimed: "its best students are more accurate at one target",
            measured: "test accuracy of the best two, distilled: factorized minus uniform",
          },
          all.map(({ guided, share, uniform }) => ({
            share,
            difference: meanTestAccuracy(guided.distilled) - meanTestAccuracy(uniform.distilled),
            better: guided.winners,
            other: uniform.winners,
          })),
          { measuredMs },
        ),
      ],
      figures: [scatter({
        name: "spaces",
        caption: "The best two students of each search after the final training: factorized and uniform space.",
        panel: "Winners of both spaces",
        x: "measured latency, ms",
        y: "test accuracy, %",
        series: ["mnas", "mnas-uniform"],
        points: all.flatMap((cell) =>
          (["guided", "uniform"] as const).flatMap((arm, series) =>
            cell[arm].distilled.flatMap(({ testAccuracy }, place) => {
              const latencyMs = measuredMs(cell[arm].winners[place]);
              return testAccuracy === null || latencyMs === undefined
                ? []
                : [{ x: latencyMs, y: 100 * testAccuracy, series }];
            })
          )
        ),
      })],
      tables: [{
        title: "H2: factorized and uniform space",
        rows: all.flatMap(({ share, referenceMs, seed, ...runs }) =>
          (["guided", "uniform"] as const).map((arm) => ({
            seed,
            target: share,
            space: arm === "guided" ? "mnas" : "mnas-uniform",
            "hypervolume, %": percent(coveredShare(runs[arm].students, referenceMs)),
            "test accuracy, %": percent(meanTestAccuracy(runs[arm].distilled)),
            "latency measured / target": latencyShare(runs[arm].winners, measuredMs, runs[arm].targetMs),
            "different students": new Set(runs[arm].students.map(({ hash }) => hash)).size,
          }))
        ),
      }],
    };
  },
};
