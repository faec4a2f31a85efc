// What devices are made of, without processes, browsers and servers.
import type { Device, Outcome } from "../../devices/device.ts";
import type { OpenerParts } from "../../devices/open_device.ts";
import type { SharedSessionParts } from "../../devices/open_session_parts.ts";
import { type MeasuredNetwork, PROTOCOL, type RawLoad } from "../../src/schemas/measurement.ts";
import { type FakeHub, fakeHub } from "./fake_hub.ts";
import { tinyArchitecture } from "./tiny_architecture.ts";

const network: MeasuredNetwork = {
  source: { kind: "architecture", architecture: tinyArchitecture, seed: 1 },
  input: { shape: [1, 8, 8, 1], seed: 1, channelsFirst: false },
};

const timed = {
  outcome: "timed" as const,
  cold: { downloadMs: 0, buildMs: 1, firstInferenceMs: 2 },
  outputs: [0.5],
  runsPerSample: 1,
};

/** A load of one model that takes twice as long as the small reference. */
export const rawLoad: RawLoad = {
  report: {
    protocol: PROTOCOL,
    backend: "none",
    environment: {
      userAgent: "test",
      crossOriginIsolated: true,
      clockTickMs: 0.001,
      wakeLock: "absent",
      settings: {},
    },
    networks: [timed, timed, timed],
    warmUp: { ms: 3000, runs: 100, steady: true },
    pauses: [],
    rounds: 100,
    flags: [],
  },
  rounds: Array.from({ length: 100 }, (_, round) => [0.01, 0.05, 0.02].map((ms) => ms * (1 + (round % 5) / 1000))),
};

/** Session parts that know the answer of any one model. */
export function fakeSessionParts(events: string[] = []): SharedSessionParts {
  return {
    prepare: (models) =>
      Promise.resolve({
        networks: [network, network, ...models.map(() => network)],
        files: new Map(),
        expected: Array.from({ length: models.length + 2 }, () => [0.5]),
        errors: models.map(() => undefined),
      }),
    nominals: { get: () => undefined, set: () => {} },
    close() {
      events.push("session parts closed");
      return Promise.resolve();
    },
  };
}

/** The device "here"; `measure` answers for it. */
export function fakeLocalDevice(measure: Device["measure"], events: string[] = []): Device & { pid(): undefined } {
  return {
    name: "here",
    local: true,
    describe: () => ({ name: "here", kind: "process", description: "fake" }),
    measure,
    close() {
      events.push("here closed");
      return Promise.resolve();
    },
    pid: () => undefined,
  };
}

export interface FakePartsOptions {
  hub?: FakeHub;
  measureHere?: Device["measure"];
  launch?: OpenerParts["launchBrowserDevice"];
  events?: string[];
}

/** Parts of an opener that note in `events` what happens to them. */
export function fakeParts(
  { hub = fakeHub(), measureHere, launch, events = [] }: FakePartsOptions = {},
): OpenerParts {
  const measure = measureHere ?? (({ models }) => Promise.resolve(models.map((): Outcome => ({ error: "not timed" }))));
  return {
    openHub(options) {
      events.push(`hub opened${options.lan ? " for the local network" : ""}`);
      return Promise.resolve(hub);
    },
    openSessionParts: () => fakeSessionParts(events),
    createLocalDevice: () => fakeLocalDevice(measure, events),
    launchBrowserDevice: launch ?? ((name) => {
      events.push(`${name} launched`);
      return Promise.resolve({
        name: `${name}-2`,
        description: "Fake/2",
        close() {
          events.push(`${name} closed`);
          return Promise.resolve();
        },
      });
    }),
  };
}
