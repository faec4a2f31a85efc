import { assert, assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import type { RunLoad } from "../../devices/device.ts";
import { renewedNominals } from "../../devices/renewed_nominals.ts";
import { measureSession, type NominalStore, type SessionContext, type StoredNominal } from "../../devices/session.ts";
import { measurementSchema, type Model, type ProfileName } from "../../src/schemas/measurement.ts";
import { anyNetwork, type Cost, simulatedLoad, type SimulationOptions } from "./protocol/simulated_device.ts";

const models: Model[] = [{ name: "a", ...anyNetwork }, { name: "b", ...anyNetwork }];
const outputs = [1, -2, 3];

function memoryNominals(): NominalStore & { all: Map<string, StoredNominal> } {
  const all = new Map<string, StoredNominal>();
  const key = (...parts: string[]) => parts.join(" ");
  return {
    all,
    get: ({ name, description }, ...parts) => all.get(key(name, description, ...parts)),
    set: ({ name, description }, runtime, backend, nominal) =>
      void all.set(key(name, description, runtime, backend), nominal),
  };
}

/** A session's surroundings on a simulated device; `loadOptions` says what is special about the n-th load that it runs. */
function simulatedContext(
  loadOptions: (run: number) => SimulationOptions = () => ({}),
  { description = "simulated", errors = [undefined, undefined] as (string | undefined)[] } = {},
) {
  const requests: Parameters<RunLoad>[0][] = [];
  const files = new Map([["0".repeat(64), "/model"]]);
  const nominals = memoryNominals();
  const able = errors.filter((error) => error === undefined).length;
  let nowMs = 0;
  const context: SessionContext = {
    device: { name: "phone", kind: "browser", description },
    nominals,
    clock: () => nowMs,
    seed: 7,
    prepare: () =>
      Promise.resolve({
        networks: Array.from({ length: able + 2 }, () => anyNetwork),
        files,
        expected: Array.from({ length: able + 2 }, () => outputs),
        errors,
      }),
    async runLoad(request, options) {
      assertEquals(options.files, files);
      requests.push(request);
      const costs: Cost[] = request.networks.slice(2).map((_, index) => () => 0.5 * (index + 1));
      const { report, rounds, device } = await simulatedLoad(costs, {
        request,
        hooks: { onActivity: options.onActivity, signal: options.signal },
        seed: requests.length,
        ...loadOptions(requests.length - 1),
      });
      nowMs += device.nowMs();
      return { report, rounds };
    },
  };
  return { context, requests, nominals };
}

const request = (profile: ProfileName) => ({ models, runtime: "tfjs-wasm" as const, profile });

Deno.test("measureSession() runs the profile's loads and gives each model its measurement", async () => {
  for (const [profile, loads] of [["fast", 1], ["standard", 3]] as const) {
    const { context, requests } = simulatedContext();
    const outcomes = await measureSession(context, request(profile));
    assertEquals(
      requests.map(({ load, loads }) => [load, loads]),
      Array.from({ length: loads }, (_, load) => [load, loads]),
    );
    assertEquals(outcomes.length, 2);
    for (const [index, outcome] of outcomes.entries()) {
      assert("measurement" in outcome);
      assertEquals(measurementSchema.parse(outcome.measurement), outcome.measurement);
      assertEquals(outcome.measurement.loads.length, loads);
      assertEquals(outcome.measurement.valid, true);
      assertAlmostEquals(outcome.measurement.medianMs, 0.5 * (index + 1), 0.02);
    }
  }
});

Deno.test("measureSession() sets nominal times by the first valid standard session, by a fast one till then", async () => {
  const { context, nominals } = simulatedContext();
  await measureSession(context, request("fast"));
  const [[key, provisional]] = nominals.all;
  assertEquals([key, provisional.provisional], ["phone simulated tfjs-wasm simulated", true]);
  await measureSession(context, request("fast"));
  assertEquals([...nominals.all.values()], [provisional], "the scale stays while sessions are fast");
  await measureSession(context, request("standard"));
  const [first] = nominals.all.values();
  assertEquals(first.provisional, false);
  assertAlmostEquals(first.nominal.smallMs, 0.25, 0.01);
  await measureSession(context, request("standard"));
  await measureSession(context, request("fast"));
  assertEquals([...nominals.all.values()], [first]);

  const broken = simulatedContext(() => ({ outputs: () => [0, 0, 0] }));
  await measureSession(broken.context, request("standard"));
  assertEquals(broken.nominals.all.size, 0);
});

Deno.test("measureSession() corrects by the stored nominal times", async () => {
  const { context, nominals } = simulatedContext(() => ({ slowness: () => 1.3 }));
  nominals.set(context.device, "tfjs-wasm", "simulated", {
    nominal: { smallMs: 0.25, largeMs: 2 },
    provisional: false,
  });
  const [outcome] = await measureSession(context, request("fast"));
  assert("measurement" in outcome);
  assert(outcome.measurement.flags.includes("far-from-nominal") && outcome.measurement.valid);
  assertAlmostEquals(outcome.measurement.medianMs, 0.65, 0.02);
  assertAlmostEquals(outcome.measurement.latencyMs, 0.5, 0.01);
});

Deno.test("measureSession() keeps the nominal times of another processor or browser apart", async () => {
  const { context, nominals } = simulatedContext(() => ({ slowness: () => 1.3 }));
  const other = { ...context.device, description: "another" };
  nominals.set(other, "tfjs-wasm", "simulated", { nominal: { smallMs: 0.25, largeMs: 2 }, provisional: false });
  const [outcome] = await measureSession(context, request("fast"));
  assert("measurement" in outcome);
  assertEquals(outcome.measurement.flags.includes("far-from-nominal"), false);
  assertAlmostEquals(outcome.measurement.latencyMs, 0.65, 0.02);
});

Deno.test("measureSession() sets provisional nominal times only while the device is not steady", async () => {
  // Loads differ by 10 %.
  const { context, nominals } = simulatedContext((run) => ({ slowness: () => run % 3 === 0 ? 1 : 1.1 }));
  const [first] = await measureSession(context, request("standard"));
  assert("measurement" in first && first.measurement.valid && first.measurement.flags.includes("drifted"));
  const [stored] = nominals.all.values();
  assertEquals(stored.provisional, true);
  const [second] = await measureSession(context, request("standard"));
  assertEquals([...nominals.all.values()], [stored], "not better than what is there");
  assert("measurement" in second);
  assertEquals(second.measurement.nominal, stored.nominal);
  const steady = simulatedContext();
  await measureSession({ ...steady.context, nominals }, request("standard"));
  assertEquals([...nominals.all.values()].map(({ provisional }) => provisional), [false]);
});

Deno.test("renewed nominal times take the place of what was stored once they are there", async () => {
  const { context, nominals } = simulatedContext(() => ({ slowness: () => 1.3 }));
  const old = { nominal: { smallMs: 0.25, largeMs: 2 }, provisional: false };
  nominals.set(context.device, "tfjs-wasm", "simulated", old);
  const renewed = { ...context, nominals: renewedNominals(nominals) };
  const broken = { ...renewed, runLoad: () => Promise.reject(new Error("phone went away")) };
  await assertRejects(() => measureSession(broken, request("standard")), Error, "went away");
  assertEquals([...nominals.all.values()], [old]);
  const [outcome] = await measureSession(renewed, request("standard"));
  assert("measurement" in outcome);
  assertAlmostEquals(outcome.measurement.latencyMs, 0.65, 0.02);
  const [stored] = nominals.all.values();
  assertAlmostEquals(stored.nominal.smallMs, 0.325, 0.01);
  assertEquals(stored.provisional, false);
  await measureSession(renewed, request("standard"));
  assertEquals([...nominals.all.values()], [stored]);
});

Deno.test("measureSession() repeats a load that the page's being hidden spoilt, twice at most", async () => {
  const once = simulatedContext((run) => run === 0 ? { hidden: () => true } : {});
  const [outcome] = await measureSession(once.context, request("fast"));
  assertEquals(once.requests.map(({ load }) => load), [0, 0]);
  assert("measurement" in outcome && outcome.measurement.valid);

  const always = simulatedContext(() => ({ hidden: () => true }));
  const [spoilt] = await measureSession(always.context, request("fast"));
  assertEquals(always.requests.length, 3);
  assert("measurement" in spoilt && !spoilt.measurement.valid && spoilt.measurement.flags.includes("hidden-page"));
});

Deno.test("measureSession() gives models that cannot run their error, and measures the others", async () => {
  const { context } = simulatedContext(undefined, { errors: ["two inputs", undefined] });
  const outcomes = await measureSession(context, request("fast"));
  assertEquals(outcomes[0], { error: "two inputs" });
  assert("measurement" in outcomes[1]);
  const none = simulatedContext(undefined, { errors: ["two inputs", "no file"] });
  assertEquals(await measureSession(none.context, request("fast")), [{ error: "two inputs" }, { error: "no file" }]);
  assertEquals(none.requests.length, 0);
});

Deno.test("measureSession() ends early when no model runs on the device", async () => {
  const { context, requests } = simulatedContext(() => ({ failBuild: 2 }), { errors: [undefined, "two inputs"] });
  const [first, second] = await measureSession(context, request("standard"));
  assertEquals([first, second], [{ error: "no kernel for this op" }, { error: "two inputs" }]);
  assertEquals(requests.length, 1);
});

Deno.test("measureSession() pools small loads on iOS with WebGPU, and not elsewhere", async () => {
  const iphone =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Mobile Safari/604.1";
  const quiet = simulatedContext(() => ({ noise: 0.005 }), { description: iphone });
  await measureSession(quiet.context, { ...request("standard"), runtime: "tfjs-webgpu" });
  assertEquals(quiet.requests.length, 3);
  assert(quiet.requests.every(({ maximumInferences }) => maximumInferences === 200));
  const noisy = simulatedContext(() => ({ noise: 0.5 }), { description: iphone });
  const [outcome] = await measureSession(noisy.context, { ...request("standard"), runtime: "tfjs-webgpu" });
  assertEquals(noisy.requests.length, 12);
  assert("measurement" in outcome && outcome.measurement.loads.length === 12);
  const wasm = simulatedContext(undefined, { description: iphone });
  await measureSession(wasm.context, request("fast"));
  assertEquals(wasm.requests.map(({ maximumInferences }) => maximumInferences), [undefined]);
});

Deno.test("measureSession() refuses no models and more than 32", async () => {
  const { context } = simulatedContext();
  for (const count of [0, 33]) {
    const many = Array.from({ length: count }, () => models[0]);
    await assertRejects(
      () => measureSession(context, { ...request("fast"), models: many }),
      RangeError,
      `1 to 32 models, got ${count}`,
    );
  }
});

Deno.test("measureSession() rejects with its signal's reason, and as the device does", async () => {
  const { context } = simulatedContext();
  const signal = AbortSignal.abort(new Error("enough"));
  await assertRejects(() => measureSession(context, request("fast"), { signal }), Error, "enough");
  const gone = { ...context, runLoad: () => Promise.reject(new Error("phone went away")) };
  await assertRejects(() => measureSession(gone, request("fast")), Error, "phone went away");
});

Deno.test("measureSession() says how far it is", async () => {
  const { context } = simulatedContext();
  const told: string[] = [];
  await measureSession(context, request("standard"), {
    onProgress: ({ load, loads, activity }) => told.push(`${load}/${loads} ${activity}`),
  });
  assertEquals(told[0], "1/3 preparing the networks");
  assert(told.includes("1/3 warming up") && told.includes("3/3 checking the outputs"));
});

Deno.test("measureSession() does not take an answer to another request", async () => {
  const { context } = simulatedContext();
  const { report, rounds } = await simulatedLoad([() => 1]);
  const other = { ...context, runLoad: () => Promise.resolve({ report, rounds }) };
  await assertRejects(() => measureSession(other, request("fast")), Error, "phone reported 3 networks, not 4");
});
