// H3 and H4: searched networks against those of one layer throughout, and against the reference scaled down to the target.
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { teachingBy } from "../arms.ts";
import { type Claim, targetFactors } from "../claim.ts";
import { type FinalResult, finishArm, type FinishedArm, meanTestAccuracy, trainFinal } from "../finals.ts";
import { findingFrom } from "../paired.ts";
import { latencyShare, percent } from "../rows.ts";
import { settleAll } from "../search_arm.ts";
import { type NamedNetwork, scaledReference, uniformNetworks } from "../uniform_networks.ts";

interface Finished extends NamedNetwork {
  final: FinalResult;
}

interface Cell {
  factor: number;
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
    const { dataset, lab, referenceMs } = context;
    const io = await lab.io(dataset);
    const teaching = await teachingBy(lab, "residual", { dataset });
    const cells = await settleAll(targetFactors.map(async (factor): Promise<Cell> => {
      const limits = { latencyMs: (one: Architecture) => lab.latencyMs(one), targetMs: factor * referenceMs };
      const named = [
        // At width 1 the reference is the target itself, whatever is foreseen of it.
        factor === 1
          ? { name: "width 1", architecture: createSpace("mnas", io).reference(1) }
          : scaledReference(createSpace("mnas", io), limits),
        ...uniformNetworks(createSpace("mnas-uniform", io), limits),
      ];
      const [guided, [scaled, ...uniform]] = await Promise.all([
        finishArm(context, "guided", factor),
        settleAll(
          named.map(async (one) =>
            one ? { ...one, final: await trainFinal(context, one.architecture, teaching) } : null
          ),
        ),
      ]);
      return { factor, guided, scaled, uniform: uniform.filter((one) => one !== null) };
    }));
    return { seed: context.seed, cells };
  },
  reported: ({ cells }) =>
    cells.flatMap(({ guided, scaled, uniform }) => [
      ...guided.winners,
      ...[...uniform, ...(scaled ? [scaled] : [])].map(({ architecture }) => architecture),
    ]),
  judge(blocks, { measuredMs, referenceMs }) {
    const all = blocks.flatMap(({ cells, seed }) => cells.map((cell) => ({ ...cell, seed })));
    const edgeOver = (other: (cell: Cell) => Finished | null | undefined) =>
      all.flatMap((cell) => {
        const one = other(cell);
        return one
          ? [{ stratum: cell.factor, value: meanTestAccuracy(cell.guided.distilled) - meanTestAccuracy([one.final]) }]
          : [];
      });
    const findings = [
      {
        id: "H3",
        claimed: "mixed layers are at least as good as uniform ones at matched cost",
        measured: "test accuracy, distilled: best three of the guided search minus the uniform network of the best " +
          "validation accuracy among four kinds, each as large as the target allows",
        values: edgeOver(({ uniform }) => bestOf(uniform)),
        // "At least as good": not worse by what would be worth having.
        above: -0.5,
      },
      {
        id: "H4",
        claimed: "searching at a target beats scaling the reference to it",
        measured:
          "test accuracy, distilled: best three of the guided search minus the reference network as wide as the " +
          "target allows",
        values: edgeOver(({ scaled }) => scaled),
        above: 0,
      },
    ];
    return {
      findings: findings.flatMap(({ above, values, ...text }) =>
        values.length === 0 ? [] : [findingFrom({ ...text, unit: "points" }, values, { scale: 100, above, worth: 0.5 })]
      ),
      tables: [{
        title: "H3 and H4: searched, uniform and scaled networks",
        rows: all.flatMap(({ factor, guided, scaled, seed, uniform }) => [
          {
            seed,
            target: factor,
            network: "searched, best three",
            "test accuracy, %": percent(meanTestAccuracy(guided.distilled)),
            "latency measured / target": latencyShare(guided.winners, measuredMs, factor * referenceMs),
          },
          ...[...(scaled ? [scaled] : []), ...uniform].map(({ architecture, final, name }) => ({
            seed,
            target: factor,
            network: name,
            "test accuracy, %": percent(meanTestAccuracy([final])),
            "latency measured / target": latencyShare([architecture], measuredMs, factor * referenceMs),
          })),
        ]),
      }],
    };
  },
};
