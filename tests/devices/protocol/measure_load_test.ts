import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { checkedValues } from "../../../devices/protocol/check.ts";
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

Deno.test("measureLoad() does not end while the device is slow, and says so where pausing does not help", async () => {
  for (const [profile, hotFromMs] of [["fast", 2000], ["standard", 6000]] as const) {
    // As fast as ever while it warms up and for the first second, then four times as slow.
    const { report, rounds } = await simulatedLoad([() => 1], {
      slowness: (nowMs) => nowMs > hotFromMs ? 4 : 1,
      request: { profile },
    });
    assertEquals(report.flags.filter((flag) => flag !== "unsteady"), ["drifted", "throttled"], profile);
    assertEquals(report.pauses.length, 1);
    assert(report.pauses[0].droppedRounds > 50, `${report.pauses[0].droppedRounds} rounds dropped`);
    assertAlmostEquals(report.pauses[0].drift, Math.log(4), 0.05);
    assertEquals(report.rounds, rounds.length);
  }
});

Deno.test("measureLoad() does not end in the midst of a slow window", async () => {
  for (const hotFromMs of [3100, 4000, 5200, 6000, 6400, 6800, 7200, 7600]) {
    const { report, rounds } = await simulatedLoad([() => 1], {
      slowness: (nowMs) => nowMs > hotFromMs ? 1.3 : 1,
      request: { profile: "standard" },
    });
    // At most the window in which it began.
    const slow = column(rounds, 2).filter((ms) => ms > 1.15).length;
    assert(
      report.flags.includes("throttled") || slow < rounds.length * 0.26,
      `hot from ${hotFromMs} ms: ${slow} of ${rounds.length} are slow`,
    );
  }
});

Deno.test("measureLoad() leaves out what a device did while it was hot for a while", async () => {
  const { report, rounds } = await simulatedLoad([() => 1], {
    slowness: (nowMs) => nowMs > 3000 && nowMs < 7000 ? 4 : 1,
  });
  assertEquals([report.pauses.length, report.flags.length], [1, 0]);
  const slow = column(rounds, 2).filter((ms) => ms > 2).length;
  assert(slow < 5 && rounds.length > 300, `${slow} of ${rounds.length} rounds are slow`);
});

Deno.test("measureLoad() gives a load its whole time where the first rounds were dropped", async () => {
  // Slow at first, up to the first pause; noisy, so that only the longest time ends it.
  const { rounds, report } = await simulatedLoad([() => 20, () => 3], {
    noise: 0.05,
    slowness: (nowMs) => nowMs > 6000 && nowMs < 14_000 ? 1.3 : 1,
    request: { profile: "standard" },
  });
  assertEquals([report.pauses.length, report.flags.length], [1, 0]);
  const measuredMs = rounds.reduce((sum, round) => sum + round.reduce((part, ms) => part + ms, 0), 0);
  assert(measuredMs >= profiles.standard.stop.minimumMs * 0.9, `${measuredMs} ms`);
  assert(column(rounds, 2).filter((ms) => ms > 23).length < rounds.length * 0.1);
});

Deno.test("measureLoad() times the others for as long as ever after a late failure", async () => {
  const failing = (_nowMs: number, run: number) => {
    // After some 20 s of its 30.
    if (run >= 1000) throw new Error("out of memory");
    return 5;
  };
  const { rounds } = await simulatedLoad([failing, () => 5 * Math.E], { noise: 0.5, request: { profile: "standard" } });
  const whole = rounds.filter((round) => round.length === 3);
  const measuredMs = whole.reduce((sum, round) => sum + round[2] + round[1] + round[0], 0);
  assert(measuredMs > 20_000, `${measuredMs} ms`);
});

Deno.test("measureLoad() leaves a network out that fails in the warm-up after a pause", async () => {
  let pausedAtMs = Infinity;
  const failing = (nowMs: number) => {
    if (nowMs > pausedAtMs + 1000) throw new Error("out of memory");
    return 2;
  };
  const { report, rounds, device } = await simulatedLoad([() => 3, failing], {
    slowness: (nowMs) => nowMs > 6000 && nowMs < 20_000 ? 1.3 : 1,
    request: { profile: "standard" },
    hooks: { onActivity: (activity) => void (activity === "cooling down 30 s" && (pausedAtMs = 20_000)) },
  });
  assertEquals(report.networks[3], { outcome: "failed", reason: "out of memory" });
  const whole = rounds.filter((round) => round.length === 3);
  assert(whole.length >= 100 && rounds.every((round) => round.length === 3 || round.length === 4));
  assertEquals(rounds.findIndex((round) => round.length === 3), rounds.length - whole.length);
  assertAlmostEquals(median(column(whole, 2)), 3, 0.05);
  assert(!device.leaks());
});

Deno.test("measureLoad() says every 10 s that it lives, however long a turn of all networks takes", async () => {
  const told: number[] = [];
  const device = { nowMs: () => 0 };
  const slow = Array.from({ length: 32 }, () => (nowMs: number) => {
    device.nowMs = () => nowMs;
    return 2100;
  });
  await simulatedLoad(slow, {
    hooks: { onRounds: () => Promise.resolve(void told.push(device.nowMs())) },
    request: { maximumInferences: 300 },
  });
  const longest = Math.max(...told.slice(1).map((atMs, index) => atMs - told[index]));
  assert(told.length > 20 && longest < 15_000, `${told.length} signs, ${longest} ms apart`);
});

/** The networks of each round, in the order in which they were timed; one inference each. */
async function orders(request: { seed: number; load: number }): Promise<string[]> {
  const { device, report } = await simulatedLoad([() => 3, () => 4], { request, noise: 0.001 });
  const { warmUp: { runs } } = report;
  // The small reference takes several inferences for a sample.
  const timed = device.order().slice(5 + runs).filter((network, index, all) => network !== all[index - 1]);
  return Array.from({ length: 40 }, (_, round) => timed.slice(round * 4, round * 4 + 4).join(""));
}

Deno.test("measureLoad() draws the order of the networks anew for every round and load, from the seed", async () => {
  const first = await orders({ seed: 1, load: 0 });
  assert(new Set(first).size > 10, `${new Set(first).size} orders`);
  assertEquals(await orders({ seed: 1, load: 0 }), first);
  assertNotEquals(await orders({ seed: 1, load: 1 }), first);
  assertNotEquals(await orders({ seed: 2, load: 0 }), first);
});

Deno.test("measureLoad() warms each network up as often as its profile asks for", async () => {
  const { report } = await simulatedLoad([() => 100], { noise: 0.001, request: { profile: "standard" } });
  const turns = profiles.standard.warmUp.minimumRuns;
  assert(report.warmUp.ms >= turns * 100 && report.warmUp.ms < turns * 110, `${report.warmUp.ms} ms`);
});

Deno.test("measureLoad() says that the GPU is emulated", async () => {
  const { report } = await simulatedLoad([() => 1], { softwareAdapter: true });
  assert(report.flags.includes("software-adapter"));
});

Deno.test("measureLoad() notices a network whose last inference fails", async () => {
  let ending = false;
  const { report } = await simulatedLoad([() => {
    if (ending) throw new Error("out of memory");
    return 1;
  }], { hooks: { onActivity: (activity) => void (ending ||= activity === "checking the outputs") } });
  const network = report.networks[2];
  assert(network.outcome === "timed" && network.outputChanged);
});

Deno.test("measureLoad() reports the outputs of many large networks within one request's limit", async () => {
  const many = Array.from({ length: 30 }, () => () => 0.5);
  const values = Array.from({ length: 5000 }, (_, index) => Math.sin(index));
  const { report } = await simulatedLoad(many, { outputs: () => values, request: { maximumInferences: 200 } });
  assert(JSON.stringify(report).length < 100_000, `${JSON.stringify(report).length} bytes`);
  const [small] = report.networks;
  // Every second of the 5000, then every 20th of those: 128 at most.
  assert(small.outcome === "timed");
  assertEquals(
    small.outputs,
    checkedValues(Float32Array.from(values), 32).map((value) => Number(value.toPrecision(8))),
  );
  assertEquals(small.outputs[1], Number(Math.fround(Math.sin(40)).toPrecision(8)));
});
