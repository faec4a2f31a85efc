import { assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { collect, type StudentRecord, studentRecordSchema } from "../../../bench/predictor/collect.ts";
import { errorParts, spreadOfGroups } from "../../../bench/predictor/error_parts.ts";
import { figureOf } from "../../../bench/predictor/figure.ts";
import { learningCurve, scorePredictions, splitOf } from "../../../bench/predictor/learning_curve.ts";
import { models } from "../../../bench/predictor/models.ts";
import { normalWithin, ownNoise, repeatedNoise } from "../../../bench/predictor/noise.ts";
import { savings } from "../../../bench/predictor/savings.ts";
import { randomStudents } from "../../../bench/predictor/students.ts";
import { transfer } from "../../../bench/predictor/transfer.ts";
import { Records } from "../../../bench/distillation/records.ts";
import { kernelsOf } from "../../../search/latency/kernels.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";
import { Random } from "../../../src/data/random.ts";
import { madeUpDevice, measured } from "../../search/measurements.ts";

/** A device on which launches and work cost, both of which the predictor knows. */
const latencyMs = (architecture: Architecture) =>
  kernelsOf(architecture).reduce((sum, { work }) => sum + 0.01 + work / 5e6, 0);
const examples = randomStudents("mnas", 130, 1).map((architecture) => ({
  architecture,
  latencyMs: latencyMs(architecture),
  seconds: 3,
}));

Deno.test("random students are different, and more of them begin with the same", () => {
  const few = randomStudents("mnas", 5, 1);
  assertEquals(examples.slice(0, 5).map(({ architecture }) => architecture), few);
  assertEquals(new Set(examples.map(({ architecture }) => JSON.stringify(architecture))).size, 130);
  assertEquals(randomStudents("growth", 3, 1).length, 3);
});

Deno.test("predictions are scored by shares, ranks and intervals, as computed by hand", () => {
  const foretold = [
    { latencyMs: 1.04, lowMs: 0.8, highMs: 1.25 },
    { latencyMs: 2.3, lowMs: 2.2, highMs: 2.4 },
    { latencyMs: 3.6, lowMs: 3, highMs: 4 },
    { latencyMs: 3.5, lowMs: 3, highMs: 4.5 },
  ];
  const score = scorePredictions(foretold, [1, 2, 3.4, 4]);
  // Relative errors 0.04, 0.15, 0.0588, 0.125; of six pairs one is the other way round.
  assertEquals([score.within5Percent, score.within10Percent, score.within20Percent], [0.25, 0.5, 1]);
  assertAlmostEquals(score.kendallTau, 4 / 6, 1e-12);
  assertAlmostEquals(score.spearman ?? NaN, 0.8, 1e-12);
  assertEquals(score.inInterval, 0.75);
  assertAlmostEquals(
    score.relativeError,
    Math.sqrt((0.04 ** 2 + 0.15 ** 2 + (0.2 / 3.4) ** 2 + 0.125 ** 2) / 4),
    1e-12,
  );
  assertEquals(scorePredictions([{ latencyMs: 1 }, { latencyMs: 2 }], [1, 2]).inInterval, null);
});

Deno.test("a split holds every example once and follows from its seed", () => {
  const { heldOut, training } = splitOf([1, 2, 3, 4, 5], 2, 7);
  assertEquals([training.length, [...training, ...heldOut].sort()], [2, [1, 2, 3, 4, 5]]);
  assertEquals(splitOf([1, 2, 3, 4, 5], 2, 7), { heldOut, training });
});

Deno.test("the curve has a row per model and size; the predictor learns a device that multiply-adds do not describe", () => {
  const rows = learningCurve(examples, { sizes: [10, 100, 1000], splits: 2, seed: 1 });
  assertEquals(rows.length, 2 * Object.keys(models).length);
  const row = (model: string, size: number) => rows.find((row) => row.model === model && row.trainedOn === size);
  assertEquals(row("predictor", 100)?.within10Percent, 1);
  assertEquals((row("multiply-adds", 100)?.within10Percent ?? 1) < 0.9, true);
  assertEquals(row("predictor", 100)?.heldOut, 30);
  assertEquals((row("predictor", 10)?.halfWidth ?? 0) > (row("predictor", 100)?.halfWidth ?? 1), true);
});

Deno.test("noise: probabilities of the normal distribution, standard errors of intervals, differences of repeats", () => {
  assertAlmostEquals(normalWithin(1.959964), 0.95, 1e-6);
  assertAlmostEquals(normalWithin(1), 0.682689, 1e-6);
  assertAlmostEquals(normalWithin(0), 0, 1e-6);
  const own = ownNoise([{ latencyMs: 2, lowMs: 2 - 0.1 * 1.96, highMs: 2 + 0.1 * 1.96 }]);
  assertAlmostEquals(own.relativeError, 0.05, 1e-12);
  assertAlmostEquals(own.within5Percent, 0.682689, 1e-6);
  assertAlmostEquals(
    repeatedNoise([[1, Math.exp(0.02)], [2, 2 * Math.exp(-0.02)]]).relativeError,
    0.02 / Math.SQRT2,
    1e-12,
  );
});

Deno.test("errors that students of a session share are told from those within sessions", () => {
  // By hand: means 2, 4 and 6, squares 2 each around them. Within: 6 / 3; between: (8 + 0 + 8) / 2, so (8 - 2) / 2.
  const { between, within } = spreadOfGroups([[1, 3], [3, 5], [5, 7]]);
  assertAlmostEquals(within ** 2, 2, 1e-12);
  assertAlmostEquals(between ** 2, 3, 1e-12);
  assertEquals(spreadOfGroups([[1, 3], [1, 3]]).between, 0);
  assertThrows(() => spreadOfGroups([[1], [2]]), RangeError, "got 2 groups of 2 values");
  const random = new Random(2);
  const drifts = examples.map((_, index) => index % 4 === 0 ? 0.03 * random.normal() : NaN);
  const noisy = examples.map(({ architecture, latencyMs }, index) => {
    const drift = drifts[index - index % 4];
    return { architecture, latencyMs: latencyMs * Math.exp(drift + 0.01 * random.normal()), session: `${index >> 2}` };
  });
  const parts = errorParts(noisy, { noise: 0.01, seed: 1, splits: 4, trainedOn: 60 });
  assertAlmostEquals(parts.ofSessions, 0.03, 0.01);
  assertAlmostEquals(parts.withinSessions, 0.012, 0.006);
  assertEquals(parts.ofModel < parts.withinSessions, true);
  assertAlmostEquals(parts.all ** 2, parts.ofSessions ** 2 + parts.withinSessions ** 2, 3e-4);
});

Deno.test("what a search saves adds up, and nobody that could be the best is skipped on a device that is known", () => {
  const rows = savings(examples, { searches: 2, seed: 1, targetQuantiles: [0.1], trials: 24 });
  assertEquals(new Set(rows.map(({ search, rule }) => `${search}, ${rule}`)).size, 8);
  for (const row of rows) {
    assertAlmostEquals(row.deviceMinutes + row.deviceMinutesSaved, 24 * 3 / 60, 1e-9);
    assertAlmostEquals(row.measuredShare, 1 - row.skippedPerSearch / 24, 1e-9);
  }
  const [hard, , , limit] = rows;
  assertEquals([hard.rule, limit.rule], ["hard", "hard, limit = target"]);
  for (const row of [hard, limit]) {
    assertEquals(row.skippedPerSearch > 0, true);
    assertEquals([row.skippedBetter, row.skippedPossible], [0, 0]);
  }
  // Nearly none is within the limit of the fastest: what breaks it is skipped also before one was trained.
  const beyond = savings(examples, { searches: 2, seed: 1, targetQuantiles: [0], trials: 24 })[3];
  assertEquals([beyond.rule, beyond.measuredShare < 0.6], ["hard, limit = target", true], `${beyond.measuredShare}`);
  assertThrows(
    () => savings(examples, { searches: 2, seed: 1, targetQuantiles: [0.1], trials: 200 }),
    RangeError,
    "got 130",
  );
});

Deno.test("a few measurements in the other space help", () => {
  const grown = randomStudents("growth", 20, 1).map((architecture) => ({
    architecture,
    latencyMs: latencyMs(architecture),
  }));
  const rows = transfer(examples, grown, {
    count: 50,
    helps: [0, 8, 16],
    names: ["mnas", "growth"],
    seed: 1,
    splits: 3,
  });
  assertEquals(rows.map(({ trainedOn, heldOut }) => [trainedOn, heldOut]), [["50 mnas", 20], [
    "50 mnas + 8 growth",
    12,
  ]]);
  assertEquals(rows[1].halfWidth < rows[0].halfWidth, true);
});

Deno.test("measurements are kept at once, made once, and a student that fails is left out and tried again", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const students = randomStudents("mnas", 6, 1);
    const open = () => new Records<StudentRecord>(`${folder}/students.jsonl`, studentRecordSchema);
    let now = 0;
    const lines: string[] = [];
    const settings = {
      runtime: "tfjs-wasm",
      profile: "fast",
      seed: 1,
      clock: () => now++,
      deadlineMs: 1000,
      log: (line: string) => lines.push(line),
    } as const;
    const failing = madeUpDevice("here", {
      answer: (request) =>
        Promise.resolve(
          measured("here", request).map((outcome, index) => index === 0 ? { error: "no memory" } : outcome),
        ),
    });
    const first = await collect("mnas", students, { ...settings, device: failing, records: open() });
    assertEquals([first.length, failing.sessions.map(({ length }) => length)], [4, [4, 2]]);
    assertEquals(lines.filter((line) => line.includes("no memory")).length, 2);
    const device = madeUpDevice("here");
    const second = await collect("mnas", students, { ...settings, device, records: open() });
    assertEquals([second.length, device.sessions.map(({ length }) => length)], [6, [2]]);
    // Once more, as a repeat; then no time is left.
    await collect("mnas", students.slice(0, 3), { ...settings, device, records: open(), repeat: 1 });
    assertEquals(device.sessions.length, 2);
    const late = { ...settings, device, records: open(), repeat: 2, deadlineMs: now };
    assertEquals(await collect("mnas", students, late), []);
    assertEquals(device.sessions.length, 2);
    Deno.writeTextFileSync(`${folder}/students.jsonl`, "{}\n");
    await assertRejects(() => Promise.resolve().then(open), Error, "line 1: not a result");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the figure is an image of its own with a mark per student and the colours of dark pages", () => {
  const point = { space: "mnas", measuredMs: 1, latencyMs: 1.1, lowMs: 1, highMs: 1.2 };
  const svg = figureOf([point, { ...point, measuredMs: 2 }, { ...point, space: "growth" }], { trainedOn: 100 });
  assertEquals(svg.includes("prefers-color-scheme: dark"), true);
  assertEquals(svg.match(/var\(--baseline\)/g)?.length !== undefined, true);
  assertEquals(svg.includes("student of the space growth"), true);
  assertEquals(svg.includes("foreseen from 100 others, ms"), true);
  assertThrows(() => figureOf([], { trainedOn: 1 }), RangeError, "got none");
});
