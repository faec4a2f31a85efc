import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { checkDeviceName } from "../../devices/device_name.ts";
import { DeviceGoneError, type SessionRequest } from "../../devices/device.ts";
import type { RunLoadOptions } from "../../devices/hub.ts";
import { createDeviceOpener, openDevices, type OpenDevicesOptions } from "../../devices/open_device.ts";
import { fakeHub, pairedDevice } from "./fake_hub.ts";
import { fakeParts, type FakePartsOptions, rawLoad } from "./fake_parts.ts";
import { tinyArchitecture } from "./tiny_architecture.ts";

function options(fakes: FakePartsOptions = {}, more: Partial<OpenDevicesOptions> = {}): OpenDevicesOptions {
  return { dataDir: "nowhere", runtimes: ["tfjs-wasm"], parts: fakeParts(fakes), ...more };
}

const request: SessionRequest = {
  models: [{
    name: "tiny",
    source: { kind: "architecture", architecture: tinyArchitecture, seed: 1 },
    input: { shape: [1, 8, 8, 1], seed: 1, channelsFirst: false },
  }],
  runtime: "tfjs-wasm",
  profile: "fast",
};

Deno.test("names that no browser can have are refused", async () => {
  for (const name of ["", "My Phone", "-a", "a".repeat(33), "../x"]) {
    await assertRejects(() => openDevices([name], options()), RangeError, `device name "${name}" is not allowed`);
  }
  for (const name of ["a", "0", "a".repeat(32), "my-phone-2"]) checkDeviceName(name);
});

Deno.test("this machine alone needs no hub", async () => {
  const events: string[] = [];
  const { devices, close } = await openDevices(["here"], options({ events }));
  assertEquals(devices.map(({ name, local }) => [name, local]), [["here", true]]);
  await close();
  assertEquals(events, ["here closed", "session parts closed"]);
});

Deno.test("devices come in the order of their names, share one hub, and are closed with it", async () => {
  const events: string[] = [];
  const hub = fakeHub({ paired: [pairedDevice("phone"), pairedDevice("tablet")] });
  const opened = await openDevices(["tablet", "here", "chromium", "phone"], options({ events, hub }));
  assertEquals(opened.devices.map(({ name }) => name), ["tablet", "here", "chromium", "phone"]);
  assertEquals(opened.devices[3].describe(), { name: "phone", kind: "browser", description: "Fake/1" });
  assertEquals(opened.devices[2].describe().description, "Fake/2");
  await opened.close();
  await opened.close();
  assertEquals(events.filter((event) => event.startsWith("hub")), ["hub opened"]);
  assert(events.includes("chromium closed") && events.includes("here closed"));
  assertEquals(hub.closed, 1);
});

Deno.test("a browser is of this machine where it was launched, or where the hub serves nobody else", async () => {
  for (const lan of [false, true]) {
    const hub = fakeHub({ lan, paired: [pairedDevice("phone")] });
    const { devices, close } = await openDevices(["phone", "chromium"], options({ hub }));
    assertEquals(devices.map(({ local }) => local), [!lan, true]);
    await close();
  }
});

Deno.test("a paired browser that is seen at this machine's own address is of this machine, whoever is served", async () => {
  const hub = fakeHub({ lan: true, paired: [pairedDevice("laptop", { local: true }), pairedDevice("phone")] });
  const { devices, close } = await openDevices(["laptop", "phone"], options({ hub }));
  assertEquals(devices.map(({ local }) => local), [true, false]);
  await close();
});

Deno.test("a launched browser is waited for shortly in its turn, and launched again in none of another device", async () => {
  const events: string[] = [];
  const waits: number[] = [];
  let die: (launch: () => void) => void = () => {};
  const hub = fakeHub({
    runLoad(_name, _request, { waitMs }) {
      waits.push(waitMs);
      events.push("chromium measures");
      if (waits.length === 2) die(() => events.push("launched again at once"));
      return Promise.resolve(rawLoad);
    },
  });
  const { devices: [chromium, here], close } = await openDevices(
    ["chromium", "here"],
    options({
      hub,
      launch: (_name, { onDied = () => {} }) => {
        die = onDied;
        return Promise.resolve({ name: "chromium", description: "Fake/2", close: () => Promise.resolve() });
      },
      measureHere() {
        events.push("here measures");
        die(() => events.push("launched again"));
        events.push("here is done");
        return Promise.resolve([]);
      },
    }),
  );
  await here.measure(request);
  await chromium.measure(request);
  await chromium.measure(request);
  await close();
  assertEquals(waits, [20_000, 20_000]);
  assertEquals(events, [
    ...["here measures", "here is done", "launched again", "chromium measures"],
    ...["chromium measures", "launched again at once"],
  ]);
});

Deno.test("a load of a launched browser goes to the name the hub gave it, and is judged under its own", async () => {
  const loads: [string, RunLoadOptions][] = [];
  const hub = fakeHub({
    runLoad(name, _request, options) {
      loads.push([name, options]);
      return Promise.resolve(rawLoad);
    },
  });
  const { devices: [device], close } = await openDevices(["chromium"], options({ hub }, { deviceWaitMs: 1234 }));
  const [outcome] = await device.measure(request);
  await close();
  assertEquals(loads.map(([name, { waitMs }]) => [name, waitMs]), [["chromium-2", 1234]]);
  assert("measurement" in outcome);
  assertEquals(outcome.measurement.device.name, "chromium");
  assert(Math.abs(outcome.measurement.ratio - 2) < 0.01, String(outcome.measurement.ratio));
});

Deno.test("devices of this machine take turns, launches included; others do not wait for them", async () => {
  const events: string[] = [];
  let endHere: () => void = () => {};
  const here = new Promise<void>((resolve) => endHere = resolve);
  const hub = fakeHub({
    lan: true,
    paired: [pairedDevice("phone")],
    runLoad() {
      events.push("phone measures");
      return Promise.resolve(rawLoad);
    },
  });
  const opener = createDeviceOpener(options({
    events,
    hub,
    async measureHere() {
      events.push("here measures");
      await here;
      events.push("here is done");
      return [];
    },
  }));
  const measuring = (await opener.open("here")).measure(request);
  const launching = opener.open("chromium");
  await (await opener.open("phone")).measure(request);
  assertEquals(events.toSorted(), ["here measures", "hub opened", "phone measures"]);
  endHere();
  await Promise.all([measuring, launching]);
  assertEquals(events.slice(-2), ["here is done", "chromium launched"]);
  await opener.close();
});

Deno.test("a browser that is not known is paired by whoever settles that, under its name", async () => {
  const hub = fakeHub({
    onPair: (pairing) => pairing.tell({ state: "asks", name: "phone", code: "123456", description: "Fake/1" }),
  });
  const { devices, close } = await openDevices(
    ["phone"],
    options({ hub }, {
      async onPairing(pairing, { lan, name }) {
        assertEquals([name, lan], ["phone", false]);
        const asked = await pairing.next();
        assert(asked.state === "asks" && await pairing.approve(asked.code));
        return await pairing.next() as { state: "paired"; name: string };
      },
    }),
  );
  assertEquals(devices.map(({ name }) => name), ["phone"]);
  assertEquals(hub.pairings.length, 1);
  await close();
});

Deno.test("a link that expires is followed by another one, until the wait is over", async () => {
  const hub = fakeHub();
  await assertRejects(
    () =>
      openDevices(
        ["phone"],
        options({ hub }, {
          deviceWaitMs: 300,
          onPairing: () => new Promise((resolve) => setTimeout(() => resolve({ state: "expired" }), 50)),
        }),
      ),
    Error,
    'device "phone" was not paired within',
  );
  assert(hub.pairings.length >= 2, `${hub.pairings.length} links`);
});

Deno.test("a browser that is turned away, or that nobody can be asked about, is an error", async () => {
  const onPairing = () => Promise.resolve({ state: "refused" as const });
  await assertRejects(() => openDevices(["phone"], options({}, { onPairing })), Error, '"phone" was not let in');
  await assertRejects(
    () => openDevices(["phone"], options()),
    Error,
    'device "phone" is not paired: run deno task devices --pair phone',
  );
});

Deno.test("an interrupt ends the wait for a pairing, and takes the link back", async () => {
  const controller = new AbortController();
  const hub = fakeHub();
  await assertRejects(
    () =>
      openDevices(
        ["phone"],
        options({ hub }, {
          signal: controller.signal,
          onPairing: (_pairing, { signal }) =>
            new Promise((_, reject) => {
              signal.addEventListener("abort", () => reject(signal.reason));
              controller.abort(new Error("interrupted"));
            }),
        }),
      ),
    Error,
    "interrupted",
  );
  assertEquals(hub.pairings[0].calls, ["refuse"]);
  assertEquals(hub.closed, 1);
});

Deno.test("one that cannot be had closes the others and ends their waits", async () => {
  const events: string[] = [];
  const hub = fakeHub();
  await assertRejects(
    () =>
      openDevices(
        ["here", "phone", "chromium"],
        options({ hub, events, launch: () => Promise.reject(new Error("no Chromium here")) }, {
          onPairing: (_pairing, { signal }) =>
            new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
        }),
      ),
    Error,
    "no Chromium here",
  );
  assert(events.includes("here closed"));
  assertEquals(hub.closed, 1);
});

Deno.test("those that may be missing are left out, unless none is left", async () => {
  const told: string[] = [];
  const without = (fakes: FakePartsOptions) =>
    options({ ...fakes, launch: () => Promise.reject(new Error("no Chromium here")) }, {
      onUnavailable: (name, { message }) => told.push(`${name}: ${message}`) > 0,
    });
  const { devices, close } = await openDevices(["chromium", "here"], without({}));
  assertEquals([devices.map(({ name }) => name), told], [["here"], ["chromium: no Chromium here"]]);
  await close();
  await assertRejects(() => openDevices(["chromium"], without({})), Error, "no Chromium here");
  const interrupted = AbortSignal.abort(new Error("interrupted"));
  told.length = 0;
  await assertRejects(() => openDevices(["here"], { ...without({}), signal: interrupted }), Error, "interrupted");
  assertEquals(told, []);
});

Deno.test("what cannot be closed is told, and takes nothing along", async () => {
  const lines: string[] = [];
  const events: string[] = [];
  const hub = fakeHub();
  hub.close = () => Promise.reject(new Error("the hub hangs"));
  const opener = createDeviceOpener(options({ hub, events }, { log: (line) => lines.push(line) }));
  await opener.open("chromium");
  await opener.open("here");
  await opener.close();
  assert(events.includes("chromium closed") && events.includes("here closed"));
  assertEquals(lines, ["not all could be closed: the hub hangs"]);
});

Deno.test('"all" is every paired browser whose page is open, once', async () => {
  const hub = fakeHub({ paired: [pairedDevice("phone"), pairedDevice("tablet", { presence: "hidden" })] });
  const { devices, close } = await openDevices(["phone", "all", "here"], options({ hub }));
  assertEquals(devices.map(({ name }) => name), ["phone", "tablet", "here"]);
  await close();
  const nobody = await assertRejects(() => openDevices(["all"], options()), Error);
  assertStringIncludes(nobody.message, "no paired browser is open");
});

Deno.test("a paired browser that goes away says so as the session's error", async () => {
  const hub = fakeHub({
    paired: [pairedDevice("phone")],
    runLoad: () => Promise.reject(new DeviceGoneError("phone", 'device "phone" is away')),
  });
  const { devices: [device], close } = await openDevices(["phone"], options({ hub }));
  await assertRejects(() => device.measure(request), DeviceGoneError, "away");
  await close();
});
