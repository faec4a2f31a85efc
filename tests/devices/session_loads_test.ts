import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { SessionContext } from "../../devices/session.ts";
import { measureSession } from "../../devices/session.ts";
import { createSessionLoads } from "../../devices/session_loads.ts";
import type { LoadRequest, Measurement, Model } from "../../src/schemas/measurement.ts";
import { anyNetwork, loadRequest, simulatedLoad, type SimulationOptions } from "./protocol/simulated_device.ts";

const iphone =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Mobile Safari/604.1";

/** Surroundings whose n-th run of a load is as `loadOptions` says; pauses take no time. */
function simulatedContext(loadOptions: (run: number) => SimulationOptions, description = "simulated") {
  const requests: LoadRequest[] = [];
  const pausedMs: number[] = [];
  let nowMs = 0;
  const context: SessionContext = {
    device: { name: "phone", kind: "browser", description },
    nominals: { get: () => undefined, set: () => {} },
    clock: () => nowMs,
    seed: 7,
    sleep: (ms) => Promise.resolve(void pausedMs.push(ms)),
    prepare: (models) =>
      Promise.resolve({
        networks: Array.from({ length: models.length + 2 }, () => anyNetwork),
        files: new Map(),
        expected: Array.from({ length: models.length + 2 }, () => [1, -2, 3]),
        errors: models.map(() => undefined),
      }),
    async runLoad(request) {
      requests.push(request);
      const costs = request.networks.slice(2).map((_, index) => () => 0.5 * (index + 1));
      const { report, rounds, device } = await simulatedLoad(costs, {
        request,
        seed: requests.length,
        ...loadOptions(requests.length - 1),
      });
      nowMs += device.nowMs();
      return { report, rounds };
    },
  };
  return { context, requests, pausedMs };
}

const models = (count: number): Model[] =>
  Array.from({ length: count }, (_, index) => ({ name: `m${index}`, ...anyNetwork }));

async function measured(context: SessionContext): Promise<Measurement> {
  const request = { models: models(1), runtime: "tfjs-wasm", profile: "standard" } as const;
  const [outcome] = await measureSession(context, request);
  assert("measurement" in outcome);
  return outcome.measurement;
}

Deno.test("a load in which the device was over 15 % slower is run again after a pause", async () => {
  for (const slowRun of [0, 1, 2]) {
    const { context, requests, pausedMs } = simulatedContext((run) => ({ slowness: () => run === slowRun ? 1.3 : 1 }));
    const { flags, repeatedLoads, valid } = await measured(context);
    assertEquals([valid, flags.includes("throttled")], [true, false]);
    assertEquals(repeatedLoads.length, 1);
    assertMatch(
      repeatedLoads[0],
      new RegExp(`^load ${slowRun + 1}: the device was over (29|30) % slower than in another load$`),
    );
    assertEquals(pausedMs.reduce((sum, ms) => sum + ms, 0), 30_000);
    const order = requests.map(({ load }) => load);
    assertEquals(order, [[0, 1, 0, 2], [0, 1, 1, 2], [0, 1, 2, 2]][slowRun]);
  }
});

Deno.test("a device that stays slow is not waited for more than twice in a session, which is then invalid", async () => {
  const { context, requests, pausedMs } = simulatedContext((run) => ({ slowness: () => run === 0 ? 1 : 4 }));
  const { flags, repeatedLoads, valid } = await measured(context);
  assertEquals([valid, flags.includes("throttled")], [false, true]);
  assertEquals([requests.length, repeatedLoads.length], [5, 2]);
  assertEquals(pausedMs.reduce((sum, ms) => sum + ms, 0), 90_000);
});

Deno.test("a load in which the device grew slow is run again as well", async () => {
  const { context, requests } = simulatedContext((run) => ({
    slowness: (nowMs) => run === 1 && nowMs > 6000 ? 1.3 : 1,
  }));
  const { repeatedLoads, valid } = await measured(context);
  assertEquals(repeatedLoads, ["load 2: the device grew slower in its midst"]);
  assertEquals([valid, requests.length], [true, 4]);
});

Deno.test("noise of short loads is not taken for heat, nor is 10 %", async () => {
  const noisy = simulatedContext(() => ({ noise: 0.5 }), iphone);
  await measureSession(noisy.context, { models: models(1), runtime: "tfjs-webgpu", profile: "standard" });
  assertEquals(noisy.requests.length, 12);
  const warm = simulatedContext((run) => ({ slowness: () => run === 1 ? 1.1 : 1 }));
  assertEquals((await measured(warm.context)).repeatedLoads, []);
});

Deno.test("a load that a hidden page spoilt is kept in the measurement as one that was run again", async () => {
  const { context } = simulatedContext((run) => run === 1 ? { hidden: () => true } : {});
  assertEquals((await measured(context)).repeatedLoads, ["load 2: hidden-page"]);
});

Deno.test("devices that may do only little in a load time six models at most beside each other", async () => {
  const { context, requests } = simulatedContext(() => ({ noise: 0.005 }), iphone);
  const told = new Set<string>();
  const outcomes = await measureSession(context, { models: models(14), runtime: "tfjs-webgpu", profile: "fast" }, {
    onProgress: ({ activity }) => told.add(activity),
  });
  assertEquals(outcomes.length, 14);
  const sizes = requests.filter(({ load }) => load === 0).map(({ networks }) => networks.length - 2);
  assertEquals(sizes, [6, 6, 2]);
  // The simulated device gives the n-th model of a part n half milliseconds.
  const medians = outcomes.map((outcome) =>
    "measurement" in outcome ? Math.round(outcome.measurement.medianMs * 20) / 20 : NaN
  );
  assertEquals(medians, [0.5, 1, 1.5, 2, 2.5, 3, 0.5, 1, 1.5, 2, 2.5, 3, 0.5, 1]);
  assert(told.has("models 7 to 12 of 14: preparing the networks"));
  const elsewhere = simulatedContext(() => ({}));
  await measureSession(elsewhere.context, { models: models(7), runtime: "tfjs-webgpu", profile: "fast" });
  assertEquals(elsewhere.requests.map(({ networks }) => networks.length), [9]);
});

Deno.test("a pause to cool down ends at the session's signal", async () => {
  const controller = new AbortController();
  const { context } = simulatedContext((run) => ({ slowness: () => run === 0 ? 1.3 : 1 }));
  const loads = createSessionLoads({ ...context, sleep: undefined }, {
    files: new Map(),
    signal: controller.signal,
    tell: (_load, activity) => void (activity.startsWith("cooling down") && controller.abort(new Error("enough"))),
  });
  await loads.run(loadRequest(3));
  await assertRejects(() => loads.run(loadRequest(3, { load: 1 })), Error, "enough");
});
