// Latencies of an earlier run instead of new ones: for exact reproduction.
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import type { Measurement, RuntimeName } from "../../src/schemas/measurement.ts";
import type { RunStore } from "../store/run_store.ts";
import { backendChange, type BackendOf } from "./backend_change.ts";
import type { LatencySource, MeasuredOutcome } from "./latency_source.ts";

/** Answers from the measurements in `store`, a run named `run`; an architecture that it did not measure is an error. */
export function replayedLatencies(
  store: Pick<RunStore, "measurement">,
  options: { run: string; devices: readonly string[]; runtime: RuntimeName; backendOf?: BackendOf },
): LatencySource {
  const { backendOf, devices, run, runtime } = options;
  const replay = (architecture: Architecture): MeasuredOutcome => {
    const hash = architectureHash(architecture);
    const measurements: Measurement[] = [];
    for (const device of devices) {
      const measurement = store.measurement(hash, device, runtime, backendOf?.(device)) ??
        store.measurement(hash, device, runtime);
      if (!measurement) {
        const error = `run "${run}" holds no latency of network ${hash.slice(0, 12)} on ${device} (${runtime})`;
        return { error, isFinal: true };
      }
      const change = backendChange(measurement, backendOf);
      if (change !== undefined) return { error: `run "${run}": ${change}`, isFinal: true };
      measurements.push(measurement);
    }
    return { measurements };
  };
  return {
    measure: (architectures) => ({
      outcomes: architectures.map((architecture) => Promise.resolve(replay(architecture))),
      quiet: Promise.resolve(),
    }),
  };
}
