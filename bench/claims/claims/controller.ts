// H1: the joint reward finds networks that are fast and accurate. The controller against random proposals, same number.
import { type ArmRun, runArm } from "../arms.ts";
import { boxInWords, coveredShare } from "../box.ts";
import { type Claim, targetShares } from "../claim.ts";
import { findingFrom } from "../paired.ts";
import { percent, rounded } from "../rows.ts";
import { settleAll } from "../search_arm.ts";

export interface ControllerBlock {
  seed: number;
  referenceMs: number;
  cells: { share: number; guided: ArmRun; random: ArmRun }[];
}

const bestReward = ({ students }: ArmRun) => Math.max(...students.map(({ reward }) => reward));

export const controllerClaim: Claim<ControllerBlock> = {
  name: "controller",
  ids: ["H1"],
  summary: "the controller against random proposals: best reward and hypervolume at equal samples",
  async block(context) {
    const cells = await settleAll(targetShares.map(async (share) => {
      const [guided, random] = await settleAll(
        (["guided", "random"] as const).map((arm) => runArm(context, arm, share)),
      );
      return { share, guided, random };
    }));
    return { seed: context.seed, referenceMs: context.referenceMs, cells };
  },
  judge(blocks) {
    const all = blocks.flatMap(({ cells, referenceMs, seed }) => cells.map((cell) => ({ ...cell, referenceMs, seed })));
    return {
      findings: [
        findingFrom(
          {
            id: "H1",
            claimed: "the controller finds a better student than random proposals",
            measured: "best hard reward of PPO minus that of random search, as accuracy",
            unit: "points",
          },
          all.map(({ share, guided, random }) => ({
            stratum: share,
            value: bestReward(guided) - bestReward(random),
          })),
          { scale: 100, above: 0, worth: 0.5 },
        ),
        findingFrom(
          {
            id: "H1",
            claimed: "its front covers more",
            measured: `hypervolume of PPO minus that of random search, ${boxInWords}`,
            unit: "points",
          },
          all.map(({ share, guided, random, referenceMs }) => ({
            stratum: share,
            value: coveredShare(guided.students, referenceMs) - coveredShare(random.students, referenceMs),
          })),
          { scale: 100, above: 0, worth: 0.5 },
        ),
      ],
      tables: [{
        title: "H1: PPO and random search",
        rows: all.flatMap(({ share, referenceMs, seed, ...runs }) =>
          (["guided", "random"] as const).map((arm) => ({
            seed,
            target: share,
            controller: arm === "guided" ? "ppo" : "random",
            "best reward": rounded(bestReward(runs[arm]), 4),
            "hypervolume, %": percent(coveredShare(runs[arm].students, referenceMs)),
            "different students": new Set(runs[arm].students.map(({ hash }) => hash)).size,
          }))
        ),
      }],
    };
  },
};
