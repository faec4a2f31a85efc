// H9: with other teachers a search ends in other regions of the space, with the same teacher other agents end close.
import { hashSeed, Random } from "../../../src/data/random.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { type ArmRun, runArm } from "../arms.ts";
import { type Claim, type Finding, targetShares } from "../claim.ts";
import { regionFigures } from "../figures/regions.ts";
import { findingFrom } from "../paired.ts";
import { latePoints, movedByTeacher, regionOf, type RegionOfRun, type Separation, separation } from "../regions.ts";
import { settleAll } from "../search_arm.ts";
import { verdictOfTest } from "../verdict.ts";

type Arm = "guided" | "otherTeacher" | "sameAgent" | "plain";

export interface RegionsBlock {
  choices: number[];
  /** By target. */
  runs: ({ share: number } & Record<Arm, ArmRun>)[];
}

function regionsOf(blocks: readonly RegionsBlock[], arm: Arm, share: number): RegionOfRun[] {
  return blocks.flatMap(({ choices, runs }) =>
    runs.filter((run) => run.share === share).map((run) => regionOf(latePoints(run[arm].students, choices)))
  );
}

function separationOf(blocks: readonly RegionsBlock[], a: Arm, b: Arm): Separation {
  const strata = targetShares.map((share) => {
    const [first, second] = [regionsOf(blocks, a, share), regionsOf(blocks, b, share)];
    return { regions: [...first, ...second], first: [...first.map(() => true), ...second.map(() => false)] };
  });
  return separation(strata, new Random(hashSeed("regions", a, b)));
}

function findingOfSeparation(
  text: Pick<Finding, "claimed" | "measured">,
  { betweenSpreads, ratio, test, withinSpreads }: Separation,
  seeds: number,
): Finding {
  const { exact, probability, relabellings } = test;
  return {
    id: "H9",
    ...text,
    value: ratio,
    low: null,
    high: null,
    unit: "",
    n: 2 * seeds * targetShares.length,
    verdict: verdictOfTest(probability, seeds),
    rule: "permutation test over runs, labels exchanged within each target: p below 0.05",
    note:
      `p = ${probability.toPrecision(3)} (${relabellings} ${exact ? "relabellings, all" : "drawn relabellings"}); ` +
      `between ${betweenSpreads.toFixed(2)}, within ${withinSpreads.toFixed(2)} spreads of a run's own late samples`,
  };
}

export const teacherRegions: Claim<RegionsBlock> = {
  name: "teacher-regions",
  ids: ["H9"],
  summary: "where searches with two teachers end, against searches with one teacher and other seeds",
  async block(context) {
    const { dataset, lab } = context;
    const { decisions } = createSpace("mnas", await lab.io(dataset));
    const runs = await settleAll(targetShares.map(async (share) => {
      const [guided, otherTeacher, sameAgent, plain] = await settleAll(
        (["guided", "otherTeacher", "sameAgent", "plain"] as const).map((arm) => runArm(context, arm, share)),
      );
      return { share, guided, otherTeacher, sameAgent, plain };
    }));
    return { choices: decisions.map(({ choices }) => choices.length), runs };
  },
  judge(blocks) {
    // One run has no other one of its group to be compared with.
    if (blocks.length < 2) return { findings: [] };
    const groups = { guided: "residual teacher", otherTeacher: "mobile teacher", plain: "no teacher" } as const;
    const drawn = blocks.flatMap(({ runs }) =>
      runs.flatMap((run) =>
        (["guided", "otherTeacher", "plain"] as const).map((arm) => ({
          group: groups[arm],
          share: run.share,
          students: run[arm].students,
        }))
      )
    );
    return {
      figures: regionFigures(drawn, blocks[0].choices),
      findings: [
        findingOfSeparation(
          {
            claimed: "different teachers end in different regions, one teacher's agents end close",
            measured: "distance of late samples' centres between two teachers over that within one teacher",
          },
          separationOf(blocks, "guided", "otherTeacher"),
          blocks.length,
        ),
        findingFrom(
          {
            id: "H9",
            claimed: "another teacher moves an agent further than another agent with the same teacher is",
            measured:
              "distance of late samples' centres between two teachers of one agent, minus the mean distance of " +
              "that agent to the others with one teacher, in spreads of a run's own late samples",
            unit: "spreads",
            note: "added after the other numbers were known, before its own searches",
          },
          targetShares.flatMap((share) =>
            movedByTeacher(regionsOf(blocks, "guided", share), regionsOf(blocks, "sameAgent", share))
              .map((value) => ({ stratum: share, value }))
          ),
          { above: 0, worth: 0.1 },
        ),
      ],
    };
  },
};
