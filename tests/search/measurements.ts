// Measurements and devices made up for tests. Nothing here was measured.
import type { Device, SessionRequest } from "../../devices/device.ts";
import type { Outcome, SessionOptions } from "../../devices/device.ts";
import { type Measurement, type Model, modelHash, PROTOCOL } from "../../src/schemas/measurement.ts";

/** A valid measurement; `overrides` win. */
export function madeUpMeasurement(
  device: string,
  latencyMs: number,
  overrides: Partial<Measurement> = {},
): Measurement {
  const samplesMs = [latencyMs * 0.98, latencyMs, latencyMs * 1.02];
  return {
    protocol: PROTOCOL,
    profile: "fast",
    device: { name: device, kind: "process", description: "a made-up processor" },
    runtime: "tfjs-wasm",
    backend: "wasm, 1 thread",
    modelHash: "fixture",
    loads: [{
      samplesMs,
      smallMs: [0.25, 0.25, 0.25],
      largeMs: [2, 2, 2],
      runsPerSample: 4,
      cold: { downloadMs: 1, buildMs: 2, firstInferenceMs: 3 },
      warmUp: { ms: 3000, runs: 400, steady: true },
      pauses: [],
      droppedRounds: 0,
      environment: {
        userAgent: "a made-up browser",
        crossOriginIsolated: true,
        clockTickMs: 0.005,
        wakeLock: "absent",
        settings: {},
      },
      medianMs: latencyMs,
      ratio: latencyMs / 0.25,
      ratioLow: latencyMs * 0.985 / 0.25,
      ratioHigh: latencyMs * 1.02 / 0.25,
    }],
    repeatedLoads: [],
    inferences: 12,
    medianMs: latencyMs * 1.01,
    p90Ms: latencyMs * 1.1,
    p99Ms: latencyMs * 1.2,
    madMs: latencyMs * 0.01,
    ciLowMs: latencyMs,
    ciHighMs: latencyMs * 1.03,
    latencyMs,
    ratio: latencyMs / 0.25,
    ratioLow: latencyMs * 0.985 / 0.25,
    ratioHigh: latencyMs * 1.02 / 0.25,
    nominal: { smallMs: 0.25, largeMs: 2 },
    drift: Math.log(1.01),
    outputDifference: 2e-7,
    valid: true,
    flags: [],
    measuredAt: "2026-01-02T03:04:05Z",
    ...overrides,
  };
}

/** What a made-up device does with one session; by default every network takes `latencyOf` it. */
export type Answer = (request: SessionRequest, session: number, options?: SessionOptions) => Promise<Outcome[]>;

export interface MadeUpDevice extends Device {
  /** The hashes of the networks of each session so far. */
  readonly sessions: string[][];
  readonly profiles: string[];
}

/** The latency that made-up devices give a network: it follows from the network, as a real one would. */
export function latencyOf({ source }: Model): number {
  return source.kind === "architecture" ? source.architecture.nodes.length / 10 : 1;
}

/** Valid outcomes for all networks of `request` on `device`, `factor` times slower than `latencyOf`. */
export function measured(device: string, request: SessionRequest, factor = 1): Outcome[] {
  return request.models.map((model) => ({
    measurement: madeUpMeasurement(device, factor * latencyOf(model), {
      modelHash: modelHash(model),
      profile: request.profile,
      runtime: request.runtime,
    }),
  }));
}

/** A device that answers by `answer`. */
export function madeUpDevice(
  name: string,
  options: { local?: boolean; factor?: number; answer?: Answer } = {},
): MadeUpDevice {
  const { local = true, factor, answer = (request) => Promise.resolve(measured(name, request, factor)) } = options;
  const sessions: string[][] = [];
  const profiles: string[] = [];
  return {
    name,
    local,
    sessions,
    profiles,
    describe: () => ({ name, kind: "process", description: `made-up ${name}` }),
    measure(request, settings) {
      sessions.push(request.models.map(modelHash));
      profiles.push(request.profile);
      return answer(request, sessions.length, settings);
    },
    close: () => Promise.resolve(),
  };
}
