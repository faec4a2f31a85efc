// H3 and H4: searched networks against those of one layer throughout, and against the reference scaled down to the target.
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { teachingBy } from "../arms.ts";
import { type Claim, targetShares } from "../claim.ts";
import { type FinalResult, finishArm, type FinishedArm, meanTestAccuracy, trainFinal } from "../finals.ts";
import { type Compared, findingAtTargets } from "../paired.ts";
import { latencyShare, percent, rounded } from "../rows.ts";
import { settleAll } from "../search_arm.ts";
import { mean } from "../../distillation/statistics.ts";
import { type NamedNetwork, scaledReference, uniformKinds, uniformNetworks } from "../uniform_networks.ts";

interface Finished extends NamedNetwork {
  /** Foreseen, as the target is. */
  latencyMs: number;
  final: FinalResult;
}

interface Cell {
  share: number;
  guided: FinishedArm;
  uniform: Finished[];
  scaled: Finished | null;
}

export interface UnsearchedBlock {
  seed: number;
  cells: Cell[];
}

/** The one of the highest validation accuracy, so that the test part chooses nothing. */
function bestOf(networks: readonly Finished[]): Finished | undefined {
  return [...networks].sort((a, b) => b.final.accuracy - a.final.accuracy).at(0);
}

export const unsearched: Claim<UnsearchedBlock> = {
  name: "unsearched",
  ids: ["H3", "H4"],
  summary: "searched networks against uniform ones and against the reference scaled to the target",
  async block(context) {
    const { dataset, lab } = context;
    const io = await lab.io(dataset);
    const teaching = await teachingBy(lab, "residual", { dataset });
    const cells = await settleAll(targetShares.map(async (share): Promise<Cell> => {
      const limits = { latencyMs: (one: Architecture) => lab.latencyMs(one), targetMs: context.targetMs(share) };
      const named = [
        scaledReference(createSpace("mnas", io), limits),
        ...uniformNetworks(createSpace("mnas-uniform", io), limits),
      ];
      const [guided, [scaled, ...uniform]] = await Promise.all([
        finishArm(context, "guided", share),
        settleAll(
          named.map(async (one) =>
            one
              ? {
                ...one,
                latencyMs: lab.latencyMs(one.architecture),
                final: await trainFinal(context, one.architecture, teaching),
              }
              : null
          ),
        ),
      ]);
      return { share, guided, scaled, uniform: uniform.filter((one) => one !== null) };
    }));
    return { seed: context.seed, cells };
  },
  reported: ({ cells }) =>
    cells.flatMap(({ guided, scaled, uniform }) => [
      ...guided.winners,
      ...[...uniform, ...(scaled ? [scaled] : [])].map(({ architecture }) => architecture),
    ]),
  judge(blocks, { measuredMs }) {
    const all = blocks.flatMap(({ cells, seed }) => cells.map((cell) => ({ ...cell, seed })));
    const edgeOver = (other: (cell: Cell) => Finished | null | undefined): Compared[] =>
      all.flatMap((cell) => {
        const one = other(cell);
        if (!one) return [];
        const difference = meanTestAccuracy(cell.guided.distilled) - meanTestAccuracy([one.final]);
        return [{ share: cell.share, difference, better: cell.guided.winners, other: [one.architecture] }];
      });
    // Sizes come in steps, so the largest that keeps a target can be a good deal below it.
    const takenShares = (networks: (cell: Cell) => readonly Finished[]) => {
      const shares = all.flatMap((cell) => networks(cell).map(({ latencyMs }) => latencyMs / cell.guided.targetMs));
      return shares.length === 0
        ? "none keeps a target"
        : `they take ${percent(Math.min(...shares))} to ${percent(Math.max(...shares))} % of the target, foreseen`;
    };
    const kinds = all.map(({ uniform }) => uniform.length);
    const findings = [
      {
        id: "H3",
        claimed: "mixed layers are at least as good as uniform ones at matched cost",
        measured: "test accuracy, distilled: best two of the guided search minus the uniform network of the best " +
          "validation accuracy among the kinds of layer, each as large as the target allows",
        note: `${Math.min(...kinds)} to ${Math.max(...kinds)} of ${uniformKinds} kinds keep the target; ${
          takenShares(({ uniform }) => uniform)
        }`,
        pairs: edgeOver(({ uniform }) => bestOf(uniform)),
        // "At least as good": not worse by what would be worth having.
        above: -0.5,
      },
      {
        id: "H4",
        claimed: "searching at a target beats scaling the reference to it",
        measured:
          "test accuracy, distilled: best two of the guided search minus the reference network as wide as the " +
          "target allows",
        note: takenShares(({ scaled }) => scaled ? [scaled] : []),
        pairs: edgeOver(({ scaled }) => scaled),
        above: 0,
      },
    ];
    return {
      findings: findings.map(({ above, pairs, ...text }) => findingAtTargets(text, pairs, { above, measuredMs })),
      tables: [{
        title: "H3 and H4: searched, uniform and scaled networks",
        rows: all.flatMap(({ share, guided, scaled, seed, uniform }) => [
          {
            seed,
            target: share,
            network: "searched, best two",
            "test accuracy, %": percent(meanTestAccuracy(guided.distilled)),
            "latency foreseen / target": rounded(mean(guided.latenciesMs) / guided.targetMs),
            "latency measured / target": latencyShare(guided.winners, measuredMs, guided.targetMs),
          },
          ...[...(scaled ? [scaled] : []), ...uniform].map(({ architecture, final, latencyMs, name }) => ({
            seed,
            target: share,
            network: name,
            "test accuracy, %": percent(meanTestAccuracy([final])),
            "latency foreseen / target": rounded(latencyMs / guided.targetMs),
            "latency measured / target": latencyShare([architecture], measuredMs, guided.targetMs),
          })),
        ]),
      }],
    };
  },
};
