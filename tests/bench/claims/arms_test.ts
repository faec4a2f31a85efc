import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { runArm } from "../../../bench/claims/arms.ts";
import type { BlockContext } from "../../../bench/claims/claim.ts";
import { growthClaim } from "../../../bench/claims/claims/growth.ts";
import { finalCount, finishArm } from "../../../bench/claims/finals.ts";
import { fixedWidths, type GrowthBlock, type LossName } from "../../../bench/claims/grown_networks.ts";
import { topStudents } from "../../../bench/claims/search_arm.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { createFakeLab, type FakeLab } from "./fake_lab.ts";

const contextOf = (lab: FakeLab): BlockContext => ({
  lab,
  seed: 1,
  trials: 12,
  referenceMs: 1,
  targetMs: () => 1,
  dataset: "fashion-mnist",
  searches: new Map(),
});

Deno.test("a search that failed for one claim is tried again for the next", async () => {
  let broken = true;
  using lab = createFakeLab({
    beforeTraining() {
      if (broken) throw new Error("a worker died");
    },
  });
  const context = contextOf(lab);
  await assertRejects(() => runArm(context, "plain", 0.5), Error, "a worker died");
  broken = false;
  const run = await runArm(context, "plain", 0.5);
  assertEquals(run.students.length, 12);
  assertEquals(await runArm(context, "plain", 0.5), run);
});

Deno.test("winners keep the target, however well others are rewarded", async () => {
  using lab = createFakeLab();
  const context = contextOf(lab);
  const { students, targetMs, winners } = await finishArm(context, "plain", 0.5);
  assert(students.some(({ latencyMs }) => latencyMs > targetMs));
  assert(winners.length > 0 && winners.length <= finalCount);
  assert(winners.every((one) => lab.latencyMs(one) <= targetMs));
  const slow = { ...students[0], hash: "slow", reward: 2, latencyMs: 1.01 };
  const fast = { ...students[0], hash: "fast", reward: 0.1, latencyMs: 1 };
  assertEquals(topStudents([slow, fast], 2, 1), [fast]);
  assertThrows(() => topStudents([slow], 1, 1), RangeError, "no student of the search takes 1.000 ms or less");
});

Deno.test("the oracle is set beside the other cell that validation chooses, not the one of the best test accuracy", () => {
  const winner = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 }).reference(1);
  const final = (accuracy: number, testAccuracy: number) => ({ accuracy, testAccuracy });
  const rest = { labels: final(0.5, 0.6), average: final(0.5, 0.6), oracle: final(0.5, 0.6) };
  const finals = {
    labels: { ...rest, average: final(0.5, 0.95) },
    average: { ...rest, oracle: final(0.8, 0.7), labels: final(0.5, 0.58) },
    oracle: { ...rest, oracle: final(0.1, 0.9) },
  } satisfies Record<LossName, unknown>;
  const blocks = [1, 2, 3].map((seed): GrowthBlock => ({
    seed,
    ensemble: 0.8,
    fixed: fixedWidths.map((width) => ({ width, memoryBytes: 1, final: final(0.5, 0.5) })),
    grown: (["labels", "average", "oracle"] as const).flatMap((searchLoss) =>
      [1.3, 2].map((factor) => ({ factor, searchLoss, winner, memoryBytes: 1, finals: finals[searchLoss] }))
    ),
  }));
  const { findings } = growthClaim.judge(blocks, { measuredMs: () => 1, calibration: [] });
  const valueOf = (claimed: string) => findings.find((finding) => finding.claimed === claimed)?.value?.toFixed(3);
  assertEquals(valueOf("best with the oracle in both search and final training"), "20.000");
  assertEquals(valueOf("found by distillation but trained from labels is poor"), "2.000");
});
