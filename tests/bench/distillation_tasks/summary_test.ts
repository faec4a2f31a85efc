import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { ResultRecord } from "../../../bench/distillation_tasks/job.ts";
import { summaryOf, verdict } from "../../../bench/distillation_tasks/summary.ts";

function record(
  { row, seed, value, setting = "regression", accuracyByEpoch = [] }: {
    row: string;
    seed: number;
    value: number;
    setting?: string;
    accuracyByEpoch?: number[];
  },
): ResultRecord {
  const key = `${setting} ${row} ${seed}`;
  const trained = { type: "trained" as const, teacher: { score: 3 }, loss: 1, steps: 2, seconds: 4 };
  return { key, setting, row, seed, code: "c", ...trained, scores: { score: value, other: 9 }, accuracyByEpoch };
}

const luck = [5, -5, 3, -2, -1];
const row = (name: string, values: (luck: number, seed: number) => number) =>
  luck.map((value, index) => record({ row: name, seed: index + 1, value: values(value, index + 1) }));

Deno.test("the smaller of two errors is a gain, seed by seed", () => {
  const records = [
    ...row("none", (luck) => 20 + luck),
    ...row("plain", (luck, seed) => 18 + luck + 0.1 * seed),
    ...row("attentive", (luck) => 16 + luck),
    ...row("min", (luck) => 10 - luck),
  ];
  const { claims, rows } = summaryOf(records, ["regression"]);
  assertEquals(rows.map(({ row }) => row), ["none", "plain", "attentive", "min"]);
  assertEquals(rows[0].gain, null);
  assertEquals([rows[0].value?.mean, rows[0].score, rows[0].teacher, rows[0].seconds], [20, "score", 3, 4]);
  assertAlmostEquals(rows[2].gain?.mean ?? NaN, 4);
  const claimed = Object.fromEntries(claims.map((claim) => [`${claim.row} > ${claim.than}`, claim]));
  const overPlain = claimed["attentive > plain"];
  assertAlmostEquals(overPlain.gain?.mean ?? NaN, 2.3);
  assertEquals([overPlain.gain?.better, overPlain.gain?.seeds, verdict(overPlain)], [5, 5, "holds"]);
  // Three claims have seeds enough.
  assert((overPlain.correctedP ?? 0) > (overPlain.gain?.p ?? 1));
  assert((overPlain.gain?.low ?? 0) > 2 && (overPlain.gain?.high ?? 9) < 2.6);
  assertEquals(verdict(claimed["attentive > min"]), "not seen");
  assertEquals(verdict(claimed["attentive > laplace"]), "too few seeds");
});

Deno.test("verdicts say what an interval allows and no more", () => {
  const gain = (low: number, high: number) => ({ mean: (low + high) / 2, low, high, seeds: 5, better: 3, p: 0.5 });
  const cases = [
    ["better", gain(1, 2), "holds"],
    ["better", gain(-1, 2), "direction only"],
    ["better", gain(-2, 1), "not seen"],
    ["better", gain(-2, -1), "the opposite"],
    ["alike", gain(-1, 2), "no difference found"],
    ["alike", gain(1, 2), "differs: better"],
    ["better", null, "too few seeds"],
    ["better", { ...gain(1, 1), low: null, high: null }, "too few seeds"],
  ] as const;
  for (const [expected, gain, text] of cases) assertEquals(verdict({ expected, gain }), text);
});

Deno.test("failures are counted with their reason, and rows without any result are left out", () => {
  const place = { key: "x", setting: "regression", row: "plain", seed: 1, code: "c" };
  const { rows } = summaryOf(
    [record({ row: "none", seed: 1, value: 2 }), { ...place, type: "failed", reason: "the loss is NaN", own: true }],
    ["regression", "detection"],
  );
  assertEquals(rows.map(({ failed, reason, row, value }) => ({ failed, reason, row, mean: value?.mean })), [
    { failed: 0, reason: undefined, row: "none", mean: 2 },
    { failed: 1, reason: "the loss is NaN", row: "plain", mean: undefined },
  ]);
});

Deno.test("the epochs are told after which a student is as good as the one from scratch ends", () => {
  const setting = "digits-to-fashion";
  const of = (row: string, seed: number, accuracyByEpoch: number[]) =>
    record({ setting, row, seed, value: accuracyByEpoch[accuracyByEpoch.length - 1], accuracyByEpoch });
  const records = [
    of("scratch", 1, [0.2, 0.4, 0.6, 0.6]),
    of("scratch", 2, [0.2, 0.4, 0.6, 0.8]),
    of("fsp", 1, [0.6, 0.7, 0.7, 0.7]),
    of("fsp", 2, [0.6, 0.8, 0.9, 0.9]),
    of("fitnets", 1, [0.1, 0.1, 0.1, 0.1]),
    of("fitnets", 2, [0.9, 0.9, 0.9, 0.9]),
  ];
  const { rows } = summaryOf(records, [setting]);
  const found = Object.fromEntries(rows.map(({ epochsToControl, row }) => [row, epochsToControl]));
  assertEquals(found, { scratch: (3 / 4 + 1) / 2, fitnets: null, fsp: (1 / 4 + 2 / 4) / 2 });
});
