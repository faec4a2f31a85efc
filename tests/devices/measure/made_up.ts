// Made-up measurements, to test what becomes of them. Nothing here was measured.
import type { ModelMeasurement } from "../../../devices/measure/measure.ts";
import { type MeasuredLoad, type Measurement, PROTOCOL, type RuntimeName } from "../../../src/schemas/measurement.ts";

export interface MadeUpOptions {
  model: string;
  device?: string;
  runtime?: RuntimeName;
  /** Samples of each load; default: one load. */
  samplesMs?: number[][];
  latencyMs?: number;
  flags?: string[];
  valid?: boolean;
}

function load(samplesMs: number[]): MeasuredLoad {
  return {
    samplesMs,
    smallMs: samplesMs.map(() => 1),
    largeMs: samplesMs.map(() => 8),
    runsPerSample: 1,
    cold: { downloadMs: 1, buildMs: 2, firstInferenceMs: 3 },
    warmUp: { ms: 3000, runs: 100, steady: true },
    pauses: [],
    droppedRounds: 0,
    environment: {
      userAgent: "Fake/1",
      crossOriginIsolated: true,
      clockTickMs: 0.005,
      wakeLock: "held",
      settings: {},
    },
    medianMs: samplesMs[0],
    ratio: samplesMs[0],
    ratioLow: samplesMs[0] * 0.99,
    ratioHigh: samplesMs[0] * 1.01,
  };
}

export function madeUp(options: MadeUpOptions): ModelMeasurement {
  const { model, device = "here", runtime = "tfjs-wasm", flags = [], valid = true } = options;
  const latencyMs = options.latencyMs ?? 2;
  const loads = (options.samplesMs ?? [Array.from({ length: 20 }, () => latencyMs)]).map(load);
  const measurement: Measurement = {
    protocol: PROTOCOL,
    profile: "standard",
    device: { name: device, kind: "browser", description: "Fake/1" },
    runtime,
    backend: "none",
    modelHash: model,
    loads,
    repeatedLoads: [],
    inferences: 1024,
    medianMs: latencyMs * 1.1,
    p90Ms: latencyMs * 1.2,
    p99Ms: latencyMs * 1.4,
    madMs: 0.01,
    ciLowMs: latencyMs * 1.09,
    ciHighMs: latencyMs * 1.11,
    latencyMs,
    ratio: latencyMs,
    ratioLow: latencyMs * 0.99,
    ratioHigh: latencyMs * 1.01,
    nominal: { smallMs: 1, largeMs: 8 },
    drift: 0.1,
    outputDifference: 0,
    valid,
    flags,
    measuredAt: "2026-01-02T03:04:05.000Z",
  };
  return { model, measurement };
}
