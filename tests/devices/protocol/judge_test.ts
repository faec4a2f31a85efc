import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { judge, type JudgeRequest, type ReturnedLoad } from "../../../devices/protocol/judge.ts";
import {
  measurementSchema,
  type NetworkReport,
  type RawLoad,
  type RuntimeName,
  runtimeSchema,
} from "../../../src/schemas/measurement.ts";
import { anyNetwork, simulatedLoad } from "./simulated_device.ts";

const base = await simulatedLoad([() => 0.5, () => 1]);
const outputs = [1, -2, 3];

/** One load, changed; took 20 s unless said otherwise. */
function load(change: (raw: RawLoad) => void = () => {}, elapsedMs = 20_000): ReturnedLoad {
  const raw = structuredClone({ report: base.report, rounds: base.rounds });
  change(raw);
  return { raw, elapsedMs };
}

function judged(loads: ReturnedLoad[], change: Partial<JudgeRequest> = {}) {
  return judge({
    device: { name: "phone", kind: "browser", description: "a browser" },
    runtime: "tfjs-wasm",
    profile: "fast",
    models: [anyNetwork, anyNetwork],
    expected: [outputs, outputs, outputs, outputs],
    loads,
    measuredAt: new Date("2026-01-02T03:04:05Z"),
    ...change,
  });
}

function measurementOf(loads: ReturnedLoad[], change: Partial<JudgeRequest> = {}, candidate = 0) {
  const one = judged(loads, change).candidates[candidate];
  if ("error" in one) throw new Error(one.error);
  return one.measurement;
}

function timed(raw: RawLoad, index: number): Extract<NetworkReport, { outcome: "timed" }> {
  const report = raw.report.networks[index];
  assert(report.outcome === "timed");
  return report;
}

const flagsOf = (change: (raw: RawLoad) => void, elapsedMs?: number) => measurementOf([load(change, elapsedMs)]);

Deno.test("judge() makes a whole measurement of each candidate", () => {
  const { candidates, nominal } = judged([load()]);
  assertEquals(candidates.length, 2);
  const measurement = measurementOf([load()]);
  assertEquals(measurementSchema.parse(measurement), measurement);
  assertAlmostEquals(measurement.ratio, 2, 0.02);
  assertAlmostEquals(measurement.medianMs, 0.5, 0.005);
  assert(measurement.ratioLow < 2 && 2 < measurement.ratioHigh);
  assert(measurement.ciLowMs < measurement.medianMs && measurement.medianMs < measurement.ciHighMs);
  assertEquals([measurement.valid, measurement.outputDifference, measurement.drift], [true, 0, 0]);
  assertEquals(measurement.measuredAt, "2026-01-02T03:04:05.000Z");
  assertEquals(nominal, measurement.nominal);
  assertAlmostEquals(measurement.latencyMs, measurement.ratio * measurement.nominal.smallMs, 1e-12);
});

Deno.test("judge() corrects latencies to the device's nominal times", () => {
  // The references take half as long as nominal, so the model would nominally take twice its median.
  const measurement = measurementOf([load()], { nominal: { smallMs: 0.5, largeMs: 4 } });
  assertAlmostEquals(measurement.latencyMs, 1, 0.02);
  assertAlmostEquals(measurement.drift, -Math.log(2), 0.01);
  assert(measurement.flags.includes("drifted") && measurement.valid);
});

Deno.test("judge() accepts a difference within the tolerance of the largest output, and no more", () => {
  // The largest output is 3, the tolerance of wasm a thousandth of it.
  const close = flagsOf((raw) => timed(raw, 2).outputs[0] = 1.0029);
  assertEquals([close.valid, close.flags.includes("output-differs")], [true, false]);
  const off = flagsOf((raw) => timed(raw, 2).outputs[0] = 1.0031);
  assertEquals([off.valid, off.flags.includes("output-differs")], [false, true]);
  assertAlmostEquals(off.outputDifference, 0.0031 / 3, 1e-9);
});

Deno.test("judge() holds wrong outputs against the candidate that gave them, and a reference's against all", () => {
  const wrong = [load((raw) => timed(raw, 2).outputs = [0, 0, 0])];
  assertEquals([measurementOf(wrong).valid, measurementOf(wrong, {}, 1).valid], [false, true]);
  const reference = [load((raw) => timed(raw, 1).outputs = [0, 0, 0])];
  for (const candidate of [0, 1]) {
    const { valid, flags } = measurementOf(reference, {}, candidate);
    assertEquals([valid, flags.includes("reference-differs")], [false, true]);
  }
  assertEquals(judged(reference).nominal, undefined);
});

Deno.test("judge() refuses missing outputs, ones of another length and ones that are no numbers", () => {
  const missing = flagsOf((raw) => timed(raw, 2).outputs = []);
  assertEquals([missing.valid, missing.outputDifference], [false, Number.MAX_VALUE]);
  assert(missing.flags.includes("output-not-finite") && missing.flags.includes("output-differs"));
  assertEquals(measurementSchema.parse(missing), missing);
  assertEquals(flagsOf((raw) => timed(raw, 2).outputs = [1, -2]).valid, false);
  assertEquals(flagsOf((raw) => timed(raw, 2).outputs = [1, NaN, 3]).valid, false);
  assertEquals(flagsOf((raw) => timed(raw, 2).outputChanged = true).flags.includes("output-changed"), true);
});

Deno.test("judge() names what the environment was like", () => {
  const flags = flagsOf(({ report: { environment } }) => {
    environment.crossOriginIsolated = false;
    environment.wakeLock = "refused";
    environment.battery = { charging: false, level: 0.5 };
  }).flags;
  for (const flag of ["not-isolated", "wake-lock-refused", "on-battery"]) assert(flags.includes(flag), flag);
});

Deno.test("judge() tells doubts that invalidate from those that do not", () => {
  const valid = (flag: string) => flagsOf(({ report }) => report.flags = [flag]).valid;
  assertEquals(valid("unsteady"), true);
  assertEquals(valid("hidden-page"), false);
  assertEquals(valid("throttled"), false);
  assertEquals(valid("software-adapter"), false);
  assertEquals(valid("a flag of a later version"), false);
});

Deno.test("judge() does not believe times that cannot be", () => {
  const long = flagsOf(() => {}, 500);
  assertEquals([long.valid, long.flags.includes("implausible-time")], [false, true]);
  const short = flagsOf(({ rounds }) => rounds[3][2] = 0.0001);
  assertEquals([short.valid, short.flags.includes("implausible-time")], [false, true]);
});

Deno.test("judge() gives the reason of a candidate that failed, and uses the loads in which it did not", () => {
  const fail = (raw: RawLoad) => {
    raw.report.networks[2] = { outcome: "failed", reason: "out of memory" };
    raw.rounds = raw.rounds.map(([small, large, _failed, other]) => [small, large, other]);
  };
  assertEquals(judged([load(fail)]).candidates[0], { error: "out of memory" });
  assertAlmostEquals(measurementOf([load(fail)], {}, 1).ratio, 4, 0.05);
  const some = measurementOf([load(), load(fail)]);
  assertEquals([some.loads.length, some.valid, some.flags.includes("failed-load")], [1, true, true]);
});

Deno.test("judge() leaves out rounds of before a network failed", () => {
  const measurement = measurementOf([load(({ rounds }) => rounds.unshift([1, 1, 1, 1, 1], [1, 1, 1]))]);
  assertEquals(measurement.loads[0].samplesMs.length, base.rounds.length);
});

Deno.test("judge() keeps outliers and whole loads that differ, and widens the interval by them", () => {
  const slow = load(({ rounds }) => rounds.forEach((round) => round[2] *= 1.1));
  const measurement = measurementOf([load(), load(), slow], { profile: "standard" });
  assertEquals(measurement.loads.length, 3);
  assertEquals(measurement.loads[2].samplesMs.length, base.rounds.length);
  assertAlmostEquals(measurement.ratio, 2 * 1.1 ** (1 / 3), 0.02);
  assert(measurement.ratioHigh / measurement.ratioLow > 1.05);
  assert(measurement.flags.includes("wide-interval"));
});

Deno.test("judge() notices that loads ran on different backends", () => {
  const other = load(({ report }) => report.backend = "another GPU");
  assertEquals(measurementOf([load(), other]).flags.includes("backend-changed"), true);
});

Deno.test("judge() finds a planted slowdown of 5 %, and none where there is none", async () => {
  const session = async (factor: number, seed: number) => {
    const loads: ReturnedLoad[] = [];
    for (let at = 0; at < 3; at++) {
      const { report, rounds } = await simulatedLoad([() => 0.25 * factor, () => 1], {
        seed: seed * 10 + at,
        noise: 0.1,
      });
      loads.push({ raw: { report, rounds }, elapsedMs: 20_000 });
    }
    return measurementOf(loads, { profile: "standard" });
  };
  for (const seed of [1, 2, 3]) {
    const same = await session(1, seed);
    assert(same.ratioLow <= 1 && 1 <= same.ratioHigh, `A against A: ${same.ratioLow} to ${same.ratioHigh}`);
    const slower = await session(1.05, seed);
    assert(slower.ratioLow > 1 && slower.ratioHigh < 1.1, `5 % slower: ${slower.ratioLow} to ${slower.ratioHigh}`);
  }
});

Deno.test("judge() computes percentiles, inferences and what was dropped as by hand", () => {
  const one = load((raw) => {
    raw.rounds = Array.from({ length: 101 }, (_, round) => [0.25, 2, 1 + round / 100, 4]);
    raw.report.pauses = [{ ms: 5000, drift: 0.2, droppedRounds: 7 }];
    raw.rounds.unshift([1, 1, 1, 1, 1], [1, 1, 1, 1, 1]);
    timed(raw, 2).runsPerSample = 3;
  });
  const measurement = measurementOf([one], { repeatedLoads: ["load 1: hidden-page"] });
  assertAlmostEquals(measurement.p90Ms, 1.9, 1e-9);
  assertAlmostEquals(measurement.p99Ms, 1.99, 1e-9);
  assertAlmostEquals(measurement.madMs, 0.25, 1e-9);
  assertEquals(measurement.inferences, 303);
  assertEquals(measurement.loads[0].pauses, [{ ms: 5000, drift: 0.2, droppedRounds: 7 }]);
  assertEquals([measurement.loads[0].droppedRounds, measurement.repeatedLoads], [9, ["load 1: hidden-page"]]);
});

Deno.test("judge() gives the interval of the median over loads", () => {
  const faster = load(({ rounds }) => rounds.forEach((round) => round[2] /= 1.2));
  const { ciLowMs, ciHighMs, medianMs } = measurementOf([load(), faster]);
  assertAlmostEquals(medianMs, 0.5 / Math.sqrt(1.2), 0.01);
  assert(ciLowMs < 0.5 / 1.2 && ciHighMs > 0.5, `${ciLowMs} to ${ciHighMs}`);
  const alone = measurementOf([load()]);
  // Other work on the device: 3 %, times Student's t.
  assertAlmostEquals(Math.log(alone.ciHighMs / alone.ciLowMs) / 2, 0.083, 0.01);
});

Deno.test("judge() flags sessions in which the device was over 15 % slower in any load", () => {
  const slower = (factor: number) =>
    load(({ rounds }) => rounds.forEach((round) => round.forEach((ms, column) => round[column] = ms * factor)), 60_000);
  for (const loads of [[load(), slower(4), slower(4)], [slower(1.2), load(), load()]]) {
    const { valid, flags } = measurementOf(loads, { profile: "standard" });
    assertEquals([valid, flags.includes("throttled"), judged(loads).nominal], [false, true, undefined]);
  }
  const { valid, flags } = measurementOf([load(), slower(1.13), load()], { profile: "standard" });
  assertEquals([valid, flags.includes("throttled"), flags.includes("drifted")], [true, false, true]);
});

Deno.test("judge() tells loads that are too short to judge from those shorter than planned", () => {
  const rounds = (count: number, profile: "fast" | "standard" = "fast") =>
    measurementOf([load((raw) => raw.rounds.length = Math.min(count, raw.rounds.length))], { profile });
  assertEquals([rounds(4).valid, rounds(4).flags.includes("too-few-rounds")], [false, true]);
  assertEquals([rounds(5).valid, rounds(5).flags.includes("too-few-rounds")], [true, false]);
  assertEquals([rounds(59), rounds(Infinity)].map(({ flags }) => flags.includes("short-load")), [true, false]);
  // Enough rounds and inferences for fast, but a standard one measures for 5 s.
  assert(rounds(Infinity, "standard").flags.includes("short-load"));
});

Deno.test("judge() allows each runtime what its numbers justify", () => {
  const valid = (runtime: RuntimeName, difference: number) =>
    measurementOf([load((raw) => timed(raw, 2).outputs = [1, -2, 3 + 3 * difference])], { runtime }).valid;
  for (const runtime of runtimeSchema.options) {
    const tolerance = runtime === "tfjs-webgl" ? 0.02 : 0.001;
    assertEquals([valid(runtime, tolerance * 0.9), valid(runtime, tolerance * 1.1)], [true, false], runtime);
  }
});

Deno.test("judge() refuses to judge nothing", () => {
  assertThrows(() => judged([]), RangeError, "0 loads");
});
