import { assert, assertEquals, assertRejects } from "@std/assert";
import { DeviceGoneError } from "../../../devices/device.ts";
import { type Architecture, architectureHash } from "../../../src/schemas/architecture.ts";
import type { Measurement } from "../../../src/schemas/measurement.ts";
import { countMultiplyAdds } from "../../../src/ops/layout.ts";
import { createSpace } from "../../../src/spaces/table.ts";
import { deviceLatencies, type DeviceLatenciesOptions } from "../../../search/latency/devices.ts";
import type { MeasuredOutcome } from "../../../search/latency/latency_source.ts";
import { modelOf } from "../../../search/latency/model.ts";
import { OutsideFaultError } from "../../../search/outside_fault.ts";
import { type Answer, madeUpDevice, madeUpMeasurement, measured } from "../measurements.ts";

const space = createSpace("mnas", { height: 28, width: 28, channels: 1, classes: 10 });

/** `count` different networks, by what they have to compute: as sessions take them. */
function networks(count: number): Architecture[] {
  const all = Array.from({ length: count }, (_, index) => {
    let rest = index;
    return space.decode(space.decisions.map(({ choices }) => {
      const token = rest % choices.length;
      rest = Math.floor(rest / choices.length);
      return token;
    }));
  });
  return all.sort((a, b) => countMultiplyAdds(a) - countMultiplyAdds(b));
}

const options: DeviceLatenciesOptions = { runtime: "tfjs-wasm", profile: "fast", seed: 1, onGone: () => false };

const devicesOf = (outcome: MeasuredOutcome) =>
  "error" in outcome ? outcome.error : outcome.measurements.map(({ device }) => device.name);

const gone = (device: string): Answer => () =>
  Promise.reject(new DeviceGoneError(device, `device "${device}" did not come back within 10 min`));

Deno.test("networks are measured in sessions of at most four, and each gets its own measurement", async () => {
  const device = madeUpDevice("here");
  const all = networks(9);
  assertEquals(new Set(all.map(architectureHash)).size, 9);
  const outcomes = await Promise.all(deviceLatencies([device], options).measure(all).outcomes);
  assertEquals(device.sessions.map(({ length }) => length), [4, 4, 1]);
  assertEquals(device.sessions.flat(), all.map(architectureHash));
  for (const [index, outcome] of outcomes.entries()) {
    assert("measurements" in outcome);
    assertEquals(outcome.measurements.map(({ modelHash }) => modelHash), [architectureHash(all[index])]);
  }
});

Deno.test("a measurement of the profile that is asked for, else of the source's own", async () => {
  const device = madeUpDevice("here");
  const source = deviceLatencies([device], options);
  await Promise.all(source.measure(networks(1), { profile: "standard" }).outcomes);
  await Promise.all(source.measure(networks(1)).outcomes);
  assertEquals(device.profiles, ["standard", "fast"]);
});

Deno.test("the error of one network is its own", async () => {
  const [first, second, third] = networks(3);
  const device = madeUpDevice("here", {
    answer: (request) => {
      const outcomes = measured("here", request);
      outcomes[1] = { error: "op Einsum is not there" };
      return Promise.resolve(outcomes);
    },
  });
  const outcomes = await Promise.all(deviceLatencies([device], options).measure([first, second, third]).outcomes);
  assertEquals(outcomes.map(devicesOf), [["here"], "here: op Einsum is not there", ["here"]]);
  assertEquals(device.sessions.length, 1);
});

Deno.test("what is not valid is tried again, together, and up to three times in all", async () => {
  const all = networks(5);
  const doubtful = new Set([1, 4].map((index) => architectureHash(all[index])));
  const tries = (validFrom: number) => {
    const device = madeUpDevice("here", {
      answer: (request, session) =>
        Promise.resolve(
          measured("here", request).map((outcome) => {
            if (
              "error" in outcome || !doubtful.has(outcome.measurement.modelHash) || session >= validFrom
            ) return outcome;
            return { measurement: { ...outcome.measurement, valid: false, flags: ["hidden-page"] } };
          }),
        ),
    });
    return { device, outcomes: Promise.all(deviceLatencies([device], options).measure(all).outcomes) };
  };
  const recovering = tries(3);
  assertEquals((await recovering.outcomes).map(devicesOf), Array(5).fill(["here"]));
  assertEquals(recovering.device.sessions.map(({ length }) => length), [4, 2, 2]);

  const failing = tries(Infinity);
  const outcomes = await failing.outcomes;
  assertEquals(outcomes.filter((outcome) => "error" in outcome).length, 2);
  assertEquals(failing.device.sessions.map(({ length }) => length), [4, 2, 2, 1]);
  assertEquals(failing.device.sessions.flat().filter((hash) => hash === architectureHash(all[1])).length, 3);
  assert(
    /^here: no valid measurement: .*hidden pages \(3 tries\)$/.test(String(devicesOf(outcomes[1]))),
    String(devicesOf(outcomes[1])),
  );
});

Deno.test("after a session that broke down its networks are measured one by one, so that only the culprit fails", async () => {
  const all = networks(5);
  const culprit = architectureHash(all[2]);
  const device = madeUpDevice("phone", {
    answer: (request) => {
      const outcomes = measured("phone", request);
      const broken = outcomes.some((outcome) => "measurement" in outcome && outcome.measurement.modelHash === culprit);
      return broken ? Promise.reject(new Error("phone: the page crashed")) : Promise.resolve(outcomes);
    },
  });
  const outcomes = await Promise.all(deviceLatencies([device], options).measure(all).outcomes);
  assertEquals(outcomes.map(devicesOf), [["phone"], ["phone"], "phone: the page crashed (3 tries)", ["phone"], [
    "phone",
  ]]);
  assertEquals(device.sessions.map(({ length }) => length), [4, 1, 1, 1, 1, 1, 1]);
});

Deno.test("networks share a session with those that have as much to compute", async () => {
  const device = madeUpDevice("here");
  const sorted = networks(8);
  const mixed = sorted.map((_, index) => sorted[(index * 3) % 8]);
  const outcomes = await Promise.all(deviceLatencies([device], options).measure(mixed).outcomes);
  assertEquals(device.sessions.flat(), sorted.map(architectureHash));
  for (const [index, outcome] of outcomes.entries()) {
    assert("measurements" in outcome);
    assertEquals(outcome.measurements[0].modelHash, architectureHash(mixed[index]));
  }
});

Deno.test("one whose interval is far too wide is measured once more, alone, and the better answer counts", async () => {
  const all = networks(3);
  const wide = architectureHash(all[1]);
  const answers = async (alone: (session: number) => ReturnType<Answer>) => {
    const device = madeUpDevice("here", {
      answer: (request, session) => {
        if (session > 1) return alone(session);
        return Promise.resolve(
          measured("here", request).map((outcome) => {
            if ("error" in outcome || outcome.measurement.modelHash !== wide) return outcome;
            const { ratio } = outcome.measurement;
            return { measurement: { ...outcome.measurement, ratioLow: ratio / 1.2, ratioHigh: ratio * 1.2 } };
          }),
        );
      },
    });
    const outcomes = await Promise.all(deviceLatencies([device], options).measure(all).outcomes);
    assertEquals(device.sessions.map(({ length }) => length), [3, 1]);
    assertEquals(device.sessions[1], [wide]);
    assert("measurements" in outcomes[1]);
    return outcomes[1].measurements[0].latencyMs;
  };
  const better = madeUpMeasurement("here", 77, { modelHash: wide });
  const first = measured("here", { models: [modelOf(all[1], 1)], runtime: "tfjs-wasm", profile: "fast" });
  assert("measurement" in first[0]);
  const { latencyMs } = first[0].measurement;
  assertEquals(await answers(() => Promise.resolve([{ measurement: better }])), 77);
  assertEquals(await answers(() => Promise.resolve([{ measurement: { ...better, valid: false } }])), latencyMs);
  assertEquals(await answers(() => Promise.resolve([{ measurement: { ...better, ratioLow: 1 } }])), latencyMs);
  assertEquals(await answers(() => Promise.reject(new Error("crashed"))), latencyMs);
  assertEquals(await answers(gone("here") as () => ReturnType<Answer>), latencyMs);
});

Deno.test("latencies on another backend than the run's are no network's fault, and are not kept", async () => {
  const [first, second] = networks(2);
  const kept: Measurement[] = [];
  const device = madeUpDevice("here", {
    answer: (request) =>
      Promise.resolve(
        measured("here", request).map((outcome, index) =>
          "error" in outcome || index === 0
            ? outcome
            : { measurement: { ...outcome.measurement, backend: "webgl, SwiftShader" } }
        ),
      ),
  });
  const source = deviceLatencies([device], {
    ...options,
    backendOf: () => "wasm, 1 thread",
    onMeasured: (measurement) => kept.push(measurement),
  });
  const { outcomes } = source.measure([first, second]);
  assertEquals(devicesOf(await outcomes[0]), ["here"]);
  await assertRejects(
    () => outcomes[1],
    OutsideFaultError,
    'here: its backend changed from "wasm, 1 thread" to "webgl, SwiftShader", so that its latencies do not compare',
  );
  assertEquals(kept.map(({ modelHash }) => modelHash), [architectureHash(first)]);
});

Deno.test("a slow device holds up no other: trainers may work once the local ones are done", async () => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  const phone = madeUpDevice("phone", {
    local: false,
    answer: (request) => released.then(() => measured("phone", request)),
  });
  const told: string[] = [];
  const source = deviceLatencies([phone, madeUpDevice("here")], {
    ...options,
    onMeasured: ({ device }) => told.push(device.name),
  });
  const batch = source.measure(networks(6));
  let settled = false;
  batch.outcomes[0].then(() => settled = true);
  await batch.quiet;
  assertEquals([told, settled], [Array(6).fill("here"), false]);
  release();
  assertEquals((await Promise.all(batch.outcomes)).map(devicesOf), Array(6).fill(["phone", "here"]));
});

Deno.test("a device that went away ends the run where it is to, after the others have measured", async () => {
  const told: Measurement[] = [];
  const asked: string[] = [];
  const source = deviceLatencies(
    [madeUpDevice("phone", { local: false, answer: gone("phone") }), madeUpDevice("here")],
    {
      ...options,
      onMeasured: (measurement) => told.push(measurement),
      onGone: (device) => {
        asked.push(device);
        return false;
      },
    },
  );
  const batch = source.measure(networks(5));
  for (const outcome of batch.outcomes) {
    await assertRejects(() => outcome, DeviceGoneError, 'device "phone" did not come back');
  }
  await batch.quiet;
  assertEquals([told.length, asked], [5, ["phone"]]);
});

Deno.test("or it is left out: in this batch, and without being asked again later", async () => {
  let asked = 0;
  const phone = madeUpDevice("phone", {
    local: false,
    answer: (request, session) =>
      session === 1 ? Promise.resolve(measured("phone", request)) : gone("phone")(request, 2),
  });
  const source = deviceLatencies([phone, madeUpDevice("here")], { ...options, onGone: () => ++asked > 0 });
  const outcomes = await Promise.all(source.measure(networks(6)).outcomes);
  assertEquals(outcomes.map(devicesOf), [...Array(4).fill(["phone", "here"]), ["here"], ["here"]]);
  assertEquals((await Promise.all(source.measure(networks(7).slice(6)).outcomes)).map(devicesOf), [["here"]]);
  assertEquals([asked, phone.sessions.length], [1, 2]);
});

Deno.test("what is stored is not measured again", async () => {
  const [first, second] = networks(2);
  const earlier = madeUpDevice("here");
  const stored: Measurement[] = [];
  const keep = { ...options, onMeasured: (measurement: Measurement) => stored.push(measurement) };
  await Promise.all(deviceLatencies([earlier], keep).measure([second]).outcomes);
  const device = madeUpDevice("here");
  const source = deviceLatencies([device], {
    ...options,
    stored: (hash, name) => stored.find(({ device, modelHash }) => device.name === name && modelHash === hash),
  });
  assertEquals((await Promise.all(source.measure([first, second]).outcomes)).map(devicesOf), [["here"], ["here"]]);
  assertEquals(device.sessions, [[architectureHash(first)]]);
});

Deno.test("an abort ends all waits with its reason", async () => {
  const abort = new AbortController();
  const device = madeUpDevice("here", {
    answer: (_request, _session, settings) =>
      new Promise((_resolve, reject) =>
        settings?.signal?.addEventListener("abort", () => reject(new Error("broken off")))
      ),
  });
  const batch = deviceLatencies([device], options).measure(networks(6), { signal: abort.signal });
  const outcomes = Promise.allSettled(batch.outcomes);
  abort.abort(new Error("interrupted"));
  await batch.quiet;
  for (const outcome of await outcomes) {
    assertEquals(outcome.status === "rejected" && outcome.reason.message, "interrupted");
  }
  assertEquals(device.sessions.length, 1);
});

Deno.test("what a device does is told, and its end", async () => {
  const activities: string[] = [];
  const device = madeUpDevice("phone", {
    answer: (request, _session, settings) => {
      settings?.onProgress?.({ load: 1, loads: 1, activity: "310 rounds" });
      settings?.onProgress?.({ load: 2, loads: 3, activity: "waits: its page is hidden" });
      settings?.onProgress?.({ load: 2, loads: 3, activity: "warming up" });
      return Promise.resolve(measured("phone", request));
    },
  });
  const source = deviceLatencies([device], {
    ...options,
    onActivity: (name, activity) => activities.push(`${name}: ${activity}`),
  });
  await Promise.all(source.measure(networks(1)).outcomes);
  assertEquals(activities, [
    "phone: 310 rounds",
    "phone: waits: its page is hidden",
    "phone: load 2/3, warming up",
    "phone: ",
  ]);
});
