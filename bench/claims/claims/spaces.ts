// H2: the space matters. Seven blocks with choices of their own against one choice for all blocks.
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { boxInWords, coveredShare } from "../box.ts";
import { type Claim, targetFactors } from "../claim.ts";
import { finishArm, type FinishedArm, meanTestAccuracy } from "../finals.ts";
import { scatter } from "../figures/scatter.ts";
import { findingFrom } from "../paired.ts";
import { latencyShare, percent } from "../rows.ts";
import { settleAll } from "../search_arm.ts";

export interface SpacesBlock {
  seed: number;
  referenceMs: number;
  cells: { factor: number; guided: FinishedArm; uniform: FinishedArm }[];
}

const winnersOf = ({ cells }: SpacesBlock): Architecture[] =>
  cells.flatMap(({ guided, uniform }) => [...guided.winners, ...uniform.winners]);

export const spacesClaim: Claim<SpacesBlock> = {
  name: "spaces",
  ids: ["H2"],
  summary: "the factorized space against one that repeats a single block",
  async block(context) {
    const cells = await settleAll(targetFactors.map(async (factor) => {
      const [guided, uniform] = await settleAll(
        (["guided", "uniform"] as const).map((arm) => finishArm(context, arm, factor)),
      );
      return { factor, guided, uniform };
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
          all.map(({ factor, guided, referenceMs, uniform }) => ({
            stratum: factor,
            value: coveredShare(guided.students, referenceMs) - coveredShare(uniform.students, referenceMs),
          })),
          { scale: 100, above: 0, worth: 0.5 },
        ),
        findingFrom(
          {
            id: "H2",
            claimed: "its best students are more accurate at one target",
            measured: "test accuracy of the best three, distilled: factorized minus uniform",
            unit: "points",
          },
          all.map(({ factor, guided, uniform }) => ({
            stratum: factor,
            value: meanTestAccuracy(guided.distilled) - meanTestAccuracy(uniform.distilled),
          })),
          { scale: 100, above: 0, worth: 0.5 },
        ),
      ],
      figures: [scatter({
        name: "spaces",
        caption: "The best three students of each search after the final training: factorized and uniform space.",
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
        rows: all.flatMap(({ factor, referenceMs, seed, ...runs }) =>
          (["guided", "uniform"] as const).map((arm) => ({
            seed,
            target: factor,
            space: arm === "guided" ? "mnas" : "mnas-uniform",
            "hypervolume, %": percent(coveredShare(runs[arm].students, referenceMs)),
            "test accuracy, %": percent(meanTestAccuracy(runs[arm].distilled)),
            "latency measured / target": latencyShare(runs[arm].winners, measuredMs, factor * referenceMs),
            "different students": new Set(runs[arm].students.map(({ hash }) => hash)).size,
          }))
        ),
      }],
    };
  },
};
