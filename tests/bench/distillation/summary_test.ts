import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import type { ResultRecord } from "../../../bench/distillation/records.ts";
import { summaryOf, verdict } from "../../../bench/distillation/summary.ts";

function record(row: string, pair: string, seed: number, testAccuracy: number): ResultRecord {
  const place = { key: `${row} ${pair} ${seed}`, dataset: "mnist", pair, row, seed };
  return { ...place, type: "trained", testAccuracy, loss: 1, steps: 10, seconds: 2, details: {} };
}

const seeds = [1, 2, 3, 4, 5];
const noise = [0.01, -0.01, 0.005, -0.005, 0];

const records = ["residual", "mobile"].flatMap((pair) => [
  ...seeds.map((seed, index) => record("kd", pair, seed, 0.8 + noise[index])),
  // Better by 2 points with every seed, whatever the seed's own luck: a paired test finds what an unpaired one hardly does.
  ...seeds.map((seed, index) => record("better", pair, seed, 0.82 + noise[index] + 0.0001 * seed)),
  ...seeds.map((seed, index) => record("alike", pair, seed, 0.8 + noise[(index + 1) % 5])),
]);

Deno.test("a method is compared with the control seed by seed, in every setting and over all of them", () => {
  const { settings, overall } = summaryOf(records);
  assertEquals(settings.map(({ pair }) => pair), ["residual", "mobile"]);
  for (const rows of [...settings.map(({ rows }) => rows), overall]) {
    assertEquals(rows.map(({ method }) => method)[0], "better");
    const [better] = rows;
    assertAlmostEquals(better.difference?.mean ?? NaN, 0.0203, 1e-9);
    assertEquals(verdict(better), "better");
    const alike = rows.find(({ method }) => method === "alike");
    assert(alike);
    assertAlmostEquals(alike.difference?.mean ?? NaN, 0, 1e-9);
    assertEquals(verdict(alike), "no difference found");
    const kd = rows.find(({ method }) => method === "kd");
    assert(kd);
    assertEquals([kd.difference, verdict(kd)], [null, "control"]);
  }
  assertEquals(overall[0].difference?.better, 10);
  assertEquals(overall[0].trainings, 10);
});

Deno.test("failures are counted with their reason, and seeds of one side alone are left out of differences", () => {
  const failure: ResultRecord = {
    key: "x",
    dataset: "mnist",
    pair: "residual",
    row: "broken",
    seed: 1,
    type: "failed",
    reason: "the loss is NaN",
    own: true,
  };
  const { settings: [{ rows }], overall } = summaryOf([
    record("kd", "residual", 1, 0.7),
    record("kd", "residual", 2, 0.8),
    record("more", "residual", 2, 0.9),
    record("more", "residual", 3, 0.1),
    failure,
  ]);
  const more = rows.find(({ method }) => method === "more");
  assertAlmostEquals(more?.difference?.mean ?? NaN, 0.1);
  assertEquals(more && verdict(more), "too few seeds");
  const broken = rows.find(({ method }) => method === "broken");
  assertEquals([broken?.failed, broken?.reason, broken?.accuracy], [1, "the loss is NaN", null]);
  assertEquals(broken && verdict(broken), "failed on 1 of 1");
  assertEquals(overall.some(({ method }) => method === "broken"), false);
});

const failedRecord = (row: string, pair: string, seed: number): ResultRecord => ({
  key: `${row} ${pair} ${seed}`,
  dataset: "mnist",
  pair,
  row,
  seed,
  type: "failed",
  reason: "the loss is NaN",
  own: true,
});

Deno.test("a method is not judged by the seeds that it survived", () => {
  const survivor = ["residual", "mobile"].flatMap((pair) =>
    seeds.map((seed, index) =>
      seed === 3 ? failedRecord("survivor", pair, seed) : record("survivor", pair, seed, 0.9 + noise[index])
    )
  );
  const { overall, leftOut, settings: [{ rows }] } = summaryOf([...records, ...survivor]);
  const row = rows.find(({ method }) => method === "survivor");
  assert(row?.difference);
  assertEquals([verdict(row), row.difference.p, row.difference.correctedP], ["failed on 1 of 5", null, null]);
  assertEquals(overall.some(({ method }) => method === "survivor"), false);
  assertEquals(leftOut, [{ method: "survivor", reason: "failed on 2 of 10" }]);
  // Nor does it count among the methods that Holm's correction is over.
  assertEquals(
    overall.find(({ method }) => method === "better")?.difference?.correctedP,
    summaryOf(records).overall.find(({ method }) => method === "better")?.difference?.correctedP,
  );
});

Deno.test("over all settings a method takes part with as many seeds as the control, or is left out by name", () => {
  const few = ["residual", "mobile"].flatMap((pair) => [1, 2].map((seed) => record("few", pair, seed, 0.99)));
  const { overall, leftOut, seeds: counted } = summaryOf([...records, ...few]);
  assertEquals(overall.map(({ trainings }) => trainings), [10, 10, 10]);
  assertEquals([leftOut, counted], [[{ method: "few", reason: "4 of 10 trainings" }], seeds]);
});

Deno.test("a seed that is still under way leaves out no method", () => {
  // Stopped in the last setting, after the control.
  const stopped = records.filter(({ row, seed, pair }) => row === "kd" || seed !== 5 || pair !== "mobile");
  const { overall, leftOut, seeds: counted } = summaryOf(stopped);
  assertEquals([counted, leftOut], [[1, 2, 3, 4], []]);
  assertEquals(overall.map(({ trainings }) => trainings), [8, 8, 8]);
  const early = summaryOf([record("kd", "residual", 1, 0.7), record("more", "mobile", 1, 0.7)]);
  assertEquals([early.overall, early.seeds, early.leftOut], [[], [], []]);
});

Deno.test("states of the code are counted, and steps are those of the seed that trained everything", () => {
  const [first, second, ...others] = records;
  const { codes, settings: [{ rows }] } = summaryOf([
    { ...first, code: "a", steps: 20 } as ResultRecord,
    { ...second, code: "a" } as ResultRecord,
    ...others,
  ]);
  assertEquals(codes, [{ code: "a", trainings: 2 }, { code: null, trainings: records.length - 2 }]);
  assertEquals(rows.find(({ method }) => method === "kd")?.steps, 20);
  assertEquals(rows.find(({ method }) => method === "alike")?.steps, 10);
});
