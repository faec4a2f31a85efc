// What a device sent -> what may be believed. Devices send raw samples; only this side makes statistics of them.
import { architectureHash } from "../../src/schemas/architecture.ts";
import type {
  DeviceDescription,
  MeasureJob,
  Measurement,
  RawMeasurement,
  RuntimeName,
} from "../../src/schemas/measurement.ts";
import { type FlagName, invalidates } from "./flags.ts";
import { summariseSamples } from "./statistics.ts";

/** How far logits may be off, relative to the largest reference logit. */
const outputTolerances = {
  "tfjs-wasm": 1e-3,
  // Phones without 32-bit float textures compute in half precision.
  "tfjs-webgl": 2e-2,
  "tfjs-webgpu": 1e-3,
} satisfies Record<RuntimeName, number>;

/** Stands for "cannot be compared" where JSON has no infinity. */
const incomparable = Number.MAX_VALUE;

function largestDifference(logits: readonly number[], reference: readonly number[]): number {
  if (logits.length !== reference.length) return incomparable;
  return logits.reduce((largest, logit, index) => Math.max(largest, Math.abs(logit - reference[index])), 0);
}

/**
 * Judges a device's answer to `job` by this machine's own logits of the same check input. `outputDifference` is
 * `Number.MAX_VALUE` where the device sent no logits, or a wrong number of them.
 */
export function judge(
  raw: RawMeasurement,
  { job, device, referenceLogits, measuredAt }: {
    job: Omit<MeasureJob, "id">;
    device: DeviceDescription;
    referenceLogits: readonly number[];
    measuredAt: Date;
  },
): Measurement {
  const { count: _count, ...summary } = summariseSamples(raw.samplesMs);
  const outputDifference = largestDifference(raw.checkLogits, referenceLogits);
  const scale = referenceLogits.reduce((largest, logit) => Math.max(largest, Math.abs(logit)), 0);
  const flags = [...raw.flags];
  if (outputDifference > outputTolerances[job.runtime] * scale) flags.push("output-differs" satisfies FlagName);
  return {
    protocol: raw.protocol,
    device,
    runtime: job.runtime,
    backend: raw.backend,
    architectureHash: architectureHash(job.architecture),
    samplesMs: raw.samplesMs,
    warmupRuns: raw.warmupRuns,
    coldStartMs: raw.coldStartMs,
    ...summary,
    outputDifference,
    valid: !flags.some(invalidates),
    flags,
    measuredAt: measuredAt.toISOString(),
  };
}
