import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { median } from "../../../devices/protocol/statistics.ts";
import { profiles } from "../../../devices/protocol/profiles.ts";
import { rawLoadSchema } from "../../../src/schemas/measurement.ts";
import { largeMs, simulatedLoad, smallMs } from "./simulated_device.ts";

const column = (rounds: readonly number[][], index: number) => rounds.map((round) => round[index]);

Deno.test("measureLoad() times all networks in rounds, in a schema-valid answer, and leaves nothing behind", async () => {
  const { report, rounds, device, activities } = await simulatedLoad([() => 0.5, () => 1]);
  assertEquals(rawLoadSchema.parse({ report, rounds }), { report, rounds });
  assertEquals(report.rounds, rounds.length);
  [smallMs, largeMs, 0.5, 1].forEach((expected, index) => {
    const ms = median(column(rounds, index));
    assert(Math.abs(ms / expected - 1) < 0.01, `network ${index} took ${ms} ms, not ${expected}`);
  });
  assertEquals(report.flags, []);
  assertEquals(report.environment.settings, { threads: 1 });
  assertEquals(report.networks.map((network) => network.outcome === "timed" && network.outputs), [
    [1, -2, 3],
    [1, -2, 3],
    [1, -2, 3],
    [1, -2, 3],
  ]);
  assert(!device.leaks());
  assert(device.rests() > 50, `${device.rests()} rests`);
  assert(activities.includes("warming up") && activities.some((activity) => /^\d+ rounds$/.test(activity)));
  const seconds = device.nowMs() / 1000;
  assert(seconds > 2 && seconds < 8, `a fast load took ${seconds} s`);
});

for (const [tickMs, runs] of [[0.005, 4], [0.1, 20], [1, 200], [20, 4000]] as const) {
  Deno.test(`measureLoad() times networks by a clock that ticks every ${tickMs} ms`, async () => {
    const { report, rounds } = await simulatedLoad([() => 0.5], { tickMs, noise: 0.01 });
    const small = report.networks[0];
    assert(small.outcome === "timed");
    // 200 ticks (1 ms), then 50 ticks, by 0.25 ms; warm-up may find the network a few percent slower or faster.
    assert(Math.abs(small.runsPerSample / runs - 1) < 0.1 || small.runsPerSample === 5, `${small.runsPerSample} runs`);
    assertAlmostEquals(report.environment.clockTickMs, tickMs, tickMs / 100);
    const ratio = median(column(rounds, 2)) / median(column(rounds, 0));
    assertAlmostEquals(ratio, 2, 0.06);
  });
}

Deno.test("measureLoad() refuses a clock of 100 ms", async () => {
  await assertRejects(() => simulatedLoad([() => 1], { tickMs: 100 }), Error, "The clock ticks every 100 ms");
});

Deno.test("measureLoad() waits until slow first seconds are over, and says so when they never end", async () => {
  const settling = await simulatedLoad([() => 0.5], { slowness: (nowMs) => 1 + Math.exp(-nowMs / 300) });
  assertEquals(settling.report.warmUp.steady, true);
  assert(settling.report.warmUp.ms > profiles.fast.warmUp.minimumMs);
  const never = await simulatedLoad([() => 0.5], { slowness: (nowMs) => Math.exp(-nowMs / 1500) + 0.01 });
  assertEquals(never.report.warmUp.steady, false);
  assert(never.report.flags.includes("unsteady"));
});

Deno.test("measureLoad() reports a candidate that cannot be built, and times the others", async () => {
  const { report, rounds, device } = await simulatedLoad([() => 0.5, () => 1], { failBuild: 2 });
  assertEquals(report.networks[2], { outcome: "failed", reason: "no kernel for this op" });
  assertEquals(report.networks[3].outcome, "timed");
  assertAlmostEquals(median(column(rounds, 2)), 1, 0.02);
  assert(!device.leaks());
});

for (const failsAt of [0, 50, 3000]) {
  Deno.test(`measureLoad() goes on without a candidate that fails at its inference ${failsAt}`, async () => {
    const failing = (_nowMs: number, run: number) => {
      if (run >= failsAt) throw new Error("out of memory");
      return 0.5;
    };
    const { report, rounds, device } = await simulatedLoad([failing, () => 1], { request: { profile: "standard" } });
    assertEquals(report.networks[2], { outcome: "failed", reason: "out of memory" });
    const whole = rounds.filter((round) => round.length === 3);
    assert(whole.length >= 100);
    assertAlmostEquals(median(column(whole, 2)), 1, 0.02);
    // Those of before have a column more, so that they can be told apart.
    assert(rounds.every((round) => round.length === 3 || round.length === 4));
    assertEquals(rounds.some((round) => round.length === 4), failsAt === 3000);
    assertEquals(report.rounds, rounds.length);
    assert(!device.leaks());
  });
}

Deno.test("measureLoad() rejects when a reference network fails, by its name", async () => {
  await assertRejects(
    () => simulatedLoad([() => 1], { failBuild: 1 }),
    Error,
    "The large reference network failed: no kernel for this op",
  );
});

Deno.test("measureLoad() notices outputs that changed or are not finite", async () => {
  const changed = await simulatedLoad([() => 0.5, () => 1], {
    outputs: (network, run) => network === 2 && run > 0 ? [0, 0, 0] : network === 3 ? [1, NaN] : [1, 2],
  });
  assertEquals(
    changed.report.networks.map((network) => network.outcome === "timed" && [network.outputs, network.outputChanged]),
    [[[1, 2], undefined], [[1, 2], undefined], [[1, 2], true], [[], undefined]],
  );
});

Deno.test("measureLoad() keeps to the number of inferences that it is allowed", async () => {
  const { rounds, device, report } = await simulatedLoad([() => 0.5], { request: { maximumInferences: 200 } });
  assert(device.runs() <= 200 && device.runs() > 185, `${device.runs()} inferences`);
  assert(rounds.length > 15, `${rounds.length} rounds`);
  assertEquals(report.warmUp.steady, false);
});

Deno.test("measureLoad() stops when the page was hidden", async () => {
  const { report } = await simulatedLoad([() => 0.5], { hidden: (nowMs) => nowMs > 2000 });
  assertEquals(report.flags, ["hidden-page"]);
});

Deno.test("measureLoad() ends at its signal, with its reason", async () => {
  const controller = new AbortController();
  await assertRejects(
    () =>
      simulatedLoad([() => 0.5], {
        hooks: {
          signal: controller.signal,
          onActivity: (activity) => /rounds/.test(activity) && controller.abort(new Error("enough")),
        },
      }),
    Error,
    "enough",
  );
});

Deno.test("measureLoad() rejects as soon as the GPU is lost", async () => {
  await assertRejects(
    () => simulatedLoad([() => 0.5], { lost: Promise.resolve("driver reset") }),
    Error,
    "The GPU was lost: driver reset",
  );
});

Deno.test("measureLoad() sends rounds in pieces that a server takes, about every 2 s", async () => {
  const { pieces, report } = await simulatedLoad(Array.from({ length: 20 }, () => () => 0.01), {
    tickMs: 0.0005,
    request: { profile: "standard" },
  });
  assert(pieces.every((bytes) => bytes <= 200_100), `${Math.max(...pieces)} bytes`);
  assert(pieces.length >= 3, `${pieces.length} pieces for ${report.rounds} rounds`);
});

Deno.test("measureLoad() stops early on quiet devices, and goes on where they are noisy", async () => {
  const quiet = await simulatedLoad([() => 0.5], { noise: 0.01, request: { profile: "standard" } });
  const noisy = await simulatedLoad([() => 20], { noise: 0.5, request: { profile: "standard" } });
  assert(quiet.device.nowMs() < 10_000, `${quiet.device.nowMs()} ms`);
  assert(noisy.device.nowMs() > 30_000 && noisy.device.nowMs() < 60_000, `${noisy.device.nowMs()} ms`);
});

Deno.test("measureLoad() pauses a device that heats up, and leaves the slow rounds out", async () => {
  // Slow from 12 s on, until it has rested for 30 s.
  const slowness = (nowMs: number) => nowMs > 10_000 && nowMs < 25_000 ? 1.3 : 1;
  const { report, rounds } = await simulatedLoad([() => 20], {
    noise: 0.05,
    slowness,
    request: { profile: "standard" },
  });
  assertEquals(report.pauses.length, 1);
  assertAlmostEquals(report.pauses[0].drift, Math.log(1.3), 0.03);
  assertEquals(report.pauses[0].ms, 30_000);
  assertEquals(report.flags, []);
  // The window in which it began is kept: 2 s of the 15.
  const slow = column(rounds, 2).filter((ms) => ms > 23).length;
  assert(slow < rounds.length * 0.12, `${slow} of ${rounds.length} rounds are slow`);
});

Deno.test("measureLoad() gives up on a device that stays hot", async () => {
  const hot = await simulatedLoad([() => 20], {
    noise: 0.05,
    slowness: (nowMs) => nowMs > 10_000 ? 1.3 : 1,
    request: { profile: "standard" },
  });
  assertEquals(hot.report.flags, ["drifted", "throttled"]);
  const warm = await simulatedLoad([() => 20], {
    noise: 0.05,
    slowness: (nowMs) => nowMs > 10_000 ? 1.1 : 1,
    request: { profile: "standard" },
  });
  assertEquals(warm.report.flags, ["drifted"]);
  assertEquals(warm.report.pauses.length, 1, "a pause that did not help is not repeated");
});

Deno.test("measureLoad() does not pause for bursts of other work", async () => {
  // Half of the time, in bursts of 40 ms, everything takes three times as long.
  const slowness = (nowMs: number) => Math.floor(nowMs / 40) % 2 && nowMs > 9000 ? 3 : 1;
  const { report } = await simulatedLoad([() => 1], { noise: 0.05, slowness, request: { profile: "standard" } });
  assertEquals(report.pauses, []);
  assertEquals(report.flags.filter((flag) => flag !== "unsteady"), []);
});
