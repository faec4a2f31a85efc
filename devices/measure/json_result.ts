// The line that `measure --json` ends with.
import type { Comparison } from "./compare.ts";
import type { MeasureResult, ModelMeasurement } from "./measure.ts";

/** One measurement without its raw samples, which `--csv` gives. */
function flat({ model, measurement }: ModelMeasurement) {
  const { device, loads, nominal, ...rest } = measurement;
  return {
    device: device.name,
    runtime: rest.runtime,
    backend: rest.backend,
    model,
    modelHash: rest.modelHash,
    medianMs: rest.medianMs,
    latencyMs: rest.latencyMs,
    p90Ms: rest.p90Ms,
    p99Ms: rest.p99Ms,
    madMs: rest.madMs,
    ciLowMs: rest.ciLowMs,
    ciHighMs: rest.ciHighMs,
    ratio: rest.ratio,
    ratioLow: rest.ratioLow,
    ratioHigh: rest.ratioHigh,
    referenceMs: nominal.smallMs,
    drift: rest.drift,
    samples: loads.reduce((sum, { samplesMs }) => sum + samplesMs.length, 0),
    inferences: rest.inferences,
    loads: loads.length,
    repeatedLoads: rest.repeatedLoads,
    pauses: loads.flatMap(({ pauses }) => pauses),
    droppedRounds: loads.reduce((sum, { droppedRounds }) => sum + droppedRounds, 0),
    cold: loads[0].cold,
    valid: rest.valid,
    flags: rest.flags,
    profile: rest.profile,
    protocol: rest.protocol,
    measuredAt: rest.measuredAt,
  };
}

/** What the line holds. */
export function jsonResult({ measurements, failures }: MeasureResult, comparisons: readonly Comparison[]) {
  return { measurements: measurements.map(flat), comparisons, errors: failures };
}
