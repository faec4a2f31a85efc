// Whole runs on made-up devices, one of which goes away: real trainers on a few images of MNIST.
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { DeviceGoneError } from "../../devices/device.ts";
import { resolveRunConfig } from "../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";
import type { RunEvent } from "../../search/events.ts";
import { OutsideFaultError } from "../../search/outside_fault.ts";
import type { SearchResult } from "../../search/result.ts";
import { reportDataOf } from "../../search/report/write_report.ts";
import { runSearch } from "../../search/run.ts";
import { runOptions } from "../../search/run_options.ts";
import { RunStore } from "../../search/store/run_store.ts";
import { type MadeUpDevice, madeUpDevice, measured } from "./measurements.ts";

const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
globalThis.addEventListener("unload", () => Deno.removeSync(dataDir, { recursive: true }));

function configOf(run: string, options: Record<string, unknown> = {}) {
  const parsed = searchOptionsSchema.parse({
    ...{ run, dataDir, dataset: "mnist", distiller: "none", trials: 6, trainImages: 64, epochs: 1, batchSize: 32 },
    ...{ views: 1, validationImages: 100, finalTop: 0, trainers: 1, device: ["here", "phone=100"], combine: "mean" },
    ...options,
  });
  return resolveRunConfig(parsed, { cores: 1 });
}

/** A phone that is gone from its `session`-th session on. */
function dyingPhone(session: number): MadeUpDevice {
  return madeUpDevice("phone", {
    local: false,
    factor: 30,
    answer: (request, number, options) => {
      if (number < session) return Promise.resolve(measured("phone", request, 30));
      options?.onProgress?.({ load: 0, loads: 1, activity: "waits: its page is not open" });
      return Promise.reject(new DeviceGoneError("phone", 'device "phone" is gone'));
    },
  });
}

async function search(
  config: ReturnType<typeof configOf>,
  devices: readonly MadeUpDevice[],
): Promise<{ result: Promise<SearchResult>; events: RunEvent[]; opened: string[] }> {
  const events: RunEvent[] = [];
  const opened: string[] = [];
  const result = runSearch(config, {
    onEvent: (event) => events.push(event),
    openDevices: (names) => {
      opened.push(...names);
      const found = names.includes("all") ? devices : devices.filter(({ name }) => names.includes(name));
      return Promise.resolve({ devices: found, close: () => Promise.resolve() });
    },
  });
  await result.catch(() => {});
  return { result, events, opened };
}

function essence(run: string) {
  using store = new RunStore(`${dataDir}/runs/${run}/run.sqlite`, { readOnly: true });
  return store.trials("search").map(({ accuracy, latencyMs, number, reward, state, tokens }) => ({
    ...{ accuracy, latencyMs, number, reward, state, tokens },
  }));
}

Deno.test("several devices count by their own targets, and each has its front", async () => {
  const { result } = await search(configOf("whole"), [madeUpDevice("here"), dyingPhone(Infinity)]);
  const { devices, droppedDevices, paretoFront, paretoFronts, profile, protocol } = await result;
  assertEquals(devices.map(({ device, targetMs, weight }) => [device, targetMs > 0, weight]), [
    ["here", true, 1],
    ["phone", true, 1],
  ]);
  assertEquals([devices[1].targetMs, droppedDevices, profile, protocol], [100, [], "fast", "nacre/1"]);
  assertEquals(Object.keys(paretoFronts ?? {}), ["here", "phone"]);
  for (const { latencyMs, latenciesMs } of paretoFront) {
    const { here, phone } = latenciesMs;
    // The mean of the ratios to the targets, in milliseconds of the first device.
    assert(Math.abs(latencyMs / devices[0].targetMs - (here / devices[0].targetMs + phone / 100) / 2) < 1e-9);
  }
  for (const student of paretoFronts?.phone ?? []) assertEquals(student.latencyMs, student.latenciesMs.phone);
});

Deno.test("a device that is gone stops the run, saved, and the same call goes on once it is back", async () => {
  const config = configOf("stopped");
  const first = await search(config, [madeUpDevice("here"), dyingPhone(3)]);
  await assertRejects(() => first.result, DeviceGoneError, 'device "phone" is gone');
  const waiting = first.events.find((event) => event.type === "device" && event.waits);
  assertEquals(
    waiting && "activity" in waiting && waiting.activity.slice(0, 40),
    "waits: its page is not open (for up to 1",
  );
  assert(essence("stopped").some(({ state }) => state === "pending"));
  const here = madeUpDevice("here");
  const second = await search(config, [here, dyingPhone(Infinity)]);
  await second.result;
  assertEquals(essence("stopped"), essence("whole"));
  assert(here.sessions.length < 4, "what was measured before is not measured again");
});

Deno.test("or the run goes on without it: rewards count the device that is left, all of them", async () => {
  const config = configOf("continued", { deviceGone: "continue" });
  const { events, result } = await search(config, [madeUpDevice("here"), dyingPhone(3)]);
  const { completed, devices, droppedDevices, paretoFront, paretoFronts, trials } = await result;
  assertEquals([completed, trials], [6, 6]);
  assertEquals(devices.map(({ device }) => device), ["here"]);
  assertEquals(droppedDevices, [{ device: "phone", reason: 'device "phone" is gone', afterTrials: 2 }]);
  assertEquals(Object.keys(paretoFronts ?? {}), ["here"]);
  for (const { latencyMs, latenciesMs } of paretoFront) assertEquals(latencyMs, latenciesMs.here);
  const rescored = events.find((event) => event.type === "rescored");
  // Three baselines, and the trials that were finished before the phone left.
  assertEquals(rescored?.type === "rescored" && rescored.trials.length, 5);
  assert(events.some((event) => event.type === "note" && event.message.startsWith('Going on without device "phone"')));
  using store = new RunStore(`${dataDir}/runs/continued/run.sqlite`, { readOnly: true });
  for (const { accuracy = 0, latencyMs = 0, measurements, reward = 0 } of store.trials("search")) {
    const here = measurements.find(({ device }) => device.name === "here");
    assertEquals(latencyMs, here?.latencyMs);
    assert(Math.abs(reward - accuracy * Math.min(1, devices[0].targetMs / latencyMs)) < 1e-12);
  }
  assertEquals(store.trials("search").map(({ measurements }) => measurements.length), [2, 2, 1, 1, 1, 1]);
  const report = await Deno.readTextFile(`${dataDir}/runs/continued/report.html`);
  assertStringIncludes(report, "left the run after 2 trials");
  assertEquals(reportDataOf(store, "continued", "complete").devices.map(({ left }) => left?.afterTrials), [
    undefined,
    2,
  ]);
  // A run in which a device left cannot tell what that device would say.
  const replay = await search(configOf("replayed", { replay: "continued" }), []);
  await assertRejects(() => replay.result, Error, 'run "continued" went on without phone');
});

Deno.test("a run that went on without a device opens only the others when it is resumed", async () => {
  const config = configOf("resumed", { deviceGone: "continue" });
  const here = madeUpDevice("here", {
    answer: (request, session) =>
      session < 4
        ? Promise.resolve(measured("here", request))
        : Promise.reject(new DeviceGoneError("here", "here is gone")),
  });
  // The phone first, then the last one that is left: that stops the run whatever was chosen.
  const first = await search(config, [here, dyingPhone(3)]);
  await assertRejects(() => first.result, DeviceGoneError, "here is gone");
  const second = await search(config, [madeUpDevice("here"), dyingPhone(Infinity)]);
  const { completed, droppedDevices } = await second.result;
  assertEquals([second.opened, completed, droppedDevices.length], [["here"], 6, 1]);
});

Deno.test("a device that cannot be opened stops the run, saved, or is left out, as one that is gone", async () => {
  const opening = (config: ReturnType<typeof configOf>) =>
    runSearch(config, {
      openDevices: (names, { onUnavailable }) => {
        const error = new Error("phone was not paired within 600 s");
        if (names.includes("phone") && !onUnavailable?.("phone", error)) return Promise.reject(error);
        return Promise.resolve({ devices: [madeUpDevice("here")], close: () => Promise.resolve() });
      },
    });
  await assertRejects(() => opening(configOf("unopened")), DeviceGoneError, "phone was not paired within 600 s");
  const config = configOf("left-out", { deviceGone: "continue", trials: 2 });
  const { devices, droppedDevices } = await opening(config);
  assertEquals(devices.map(({ device }) => device), ["here"]);
  assertEquals(droppedDevices, [{ device: "phone", reason: "phone was not paired within 600 s", afterTrials: 0 }]);
  assertEquals((await opening(config)).droppedDevices.length, 1);
});

Deno.test("a device that goes on with another backend stops the run until it is as it was", async () => {
  const config = configOf("other-backend", { device: ["here"], combine: undefined, trials: 4 });
  const changed = madeUpDevice("here", {
    answer: (request, session) =>
      Promise.resolve(
        measured("here", request).map((outcome) =>
          "measurement" in outcome && session > 2
            ? { measurement: { ...outcome.measurement, backend: "emulated" } }
            : outcome
        ),
      ),
  });
  for (const _start of [1, 2, 3]) {
    await assertRejects(
      async () => (await search(config, [changed])).result,
      OutsideFaultError,
      'here: its backend changed from "wasm, 1 thread" to "emulated", so that its latencies do not compare',
    );
    assertEquals(essence("other-backend").map(({ state }) => state), ["completed", "completed", "pending", "pending"]);
  }
  assertEquals((await (await search(config, [madeUpDevice("here")])).result).completed, 4);
});

Deno.test("a run is complete once its report is there, for which alone no device is needed", async () => {
  const config = configOf("unreported", { device: ["here"], combine: undefined, trials: 2 });
  const report = `${dataDir}/runs/unreported/report.html`;
  await Deno.mkdir(report, { recursive: true });
  const first = await search(config, [madeUpDevice("here")]);
  await assertRejects(() => first.result, Error, `cannot write ${report}`);
  const state = () => {
    using store = new RunStore(`${dataDir}/runs/unreported/run.sqlite`, { readOnly: true });
    return store.get("state");
  };
  assertEquals(state(), "running");
  await Deno.remove(report);
  const second = await search(config, []);
  assertEquals([(await second.result).completed, second.opened], [2, []]);
  assertEquals(state(), "complete");
  assert((await Deno.stat(report)).isFile);
});

Deno.test("all devices that are open are kept for later starts, with the target for all", async () => {
  const config = configOf("all", { device: ["all=5:2"], combine: undefined, trials: 2 });
  const { result } = await search(config, [madeUpDevice("laptop"), madeUpDevice("phone", { local: false })]);
  assertEquals((await result).devices, [
    { device: "laptop", targetMs: 5, weight: 2 },
    { device: "phone", targetMs: 5, weight: 2 },
  ]);
  using store = new RunStore(`${dataDir}/runs/all/run.sqlite`, { readOnly: true });
  assertEquals((store.get("runDevices") as { name: string }[]).map(({ name }) => name), ["laptop", "phone"]);
  // Elsewhere other devices would be open: the run's file names those of this one, and goes on with it all the same.
  const file = JSON.parse(await Deno.readTextFile(`${dataDir}/runs/all/run.json`));
  assertEquals(file.device, ["laptop=5:2", "phone=5:2"]);
  const again = resolveRunConfig(searchOptionsSchema.parse({ ...file, dataDir }), { cores: 1 });
  assertEquals((await (await search(again, [])).result).run, "all");
  assertEquals((await (await search(config, [])).result).config, file);
});

Deno.test("the file of a run names the data that auto came to, and keeps the name that was made from auto", () => {
  const database = `${dataDir}/pinned.sqlite`;
  using store = new RunStore(database);
  const config = configOf("made", { dataset: "auto", run: undefined, device: ["here"] });
  store.set("config", config);
  assertEquals([runOptions(store).dataset, runOptions(store).run], ["auto", undefined]);
  store.set("datasetName", "fashion-mnist");
  assertEquals([runOptions(store).dataset, runOptions(store).run], ["fashion-mnist", config.run]);
});

Deno.test("sessions are counted: the widths of the reference network share one, each batch has one", async () => {
  const here = madeUpDevice("here");
  await (await search(configOf("counted", { device: ["here"], targetProfile: "standard" }), [here])).result;
  assertEquals(here.sessions.map(({ length }) => length), [3, 2, 2, 2]);
  assertEquals(here.profiles, ["standard", "fast", "fast", "fast"]);
});
