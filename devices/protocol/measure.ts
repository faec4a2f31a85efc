import type { MeasureJob, RawMeasurement } from "../../src/schemas/measurement.ts";
import { PROTOCOL } from "../../src/schemas/measurement.ts";
import type { StartedRuntime } from "../runtimes/runtime.ts";
import { prepareCandidate } from "./candidate.ts";
import type { FlagName } from "./flags.ts";
import { searchTiming, timeInferences, type TimingEnvironment, type TimingPlan } from "./timing.ts";

/**
 * Builds the job's network on `runtime`, answers the check input and times batch-1 inferences with read-back.
 * Frees all its tensors.
 */
export async function measure(
  job: MeasureJob,
  runtime: StartedRuntime,
  environment: TimingEnvironment,
  plan: TimingPlan = searchTiming,
): Promise<RawMeasurement> {
  const build = prepareCandidate(job);
  const coldStartAtMs = environment.clock();
  const candidate = build();
  async function infer(): Promise<Float32Array> {
    const logits = candidate.predict();
    try {
      return await runtime.read(logits);
    } finally {
      logits.dispose();
    }
  }
  try {
    // A copy: read-back may give a view of memory that later inferences overwrite.
    const logits = Array.from(await infer());
    const coldStartMs = environment.clock() - coldStartAtMs;
    const finite = logits.every(Number.isFinite);
    const timing = await timeInferences(infer, plan, environment);
    const flags: FlagName[] = [...timing.flags];
    if (runtime.softwareAdapter) flags.push("software-adapter");
    if (!finite) flags.push("output-not-finite");
    return {
      protocol: PROTOCOL,
      samplesMs: timing.samplesMs,
      warmupRuns: timing.warmupRuns,
      coldStartMs,
      // JSON has no NaN: the flag says it, and no logits are sent.
      checkLogits: finite ? logits : [],
      backend: runtime.backend,
      flags,
    };
  } finally {
    candidate.dispose();
  }
}
