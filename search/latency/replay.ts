// Latencies of an earlier run instead of new ones: for exact reproduction.
import { type Architecture, architectureHash } from "../../src/schemas/architecture.ts";
import type { Measurement, RuntimeName } from "../../src/schemas/measurement.ts";
import { OutsideFaultError } from "../outside_fault.ts";
import type { RunStore } from "../store/run_store.ts";
import { backendChange, type BackendOf } from "./backend_change.ts";
import type { LatencySource, MeasuredOutcome } from "./latency_source.ts";

/**
 * Answers from the measurements in `store`, a run named `run`; a network that it could not time cannot be timed here
 * either. One that it does not know rejects with an OutsideFaultError: it has not come so far, or went another way.
 */
export function replayedLatencies(
  store: Pick<RunStore, "measurement" | "trials">,
  options: { run: string; devices: readonly string[]; runtime: RuntimeName; backendOf?: BackendOf },
): LatencySource {
  const { backendOf, devices, run, runtime } = options;
  const untimed = (hash: string) =>
    [...store.trials("search"), ...store.trials("baseline")].find(({ architectureHash, measurements, state }) =>
      architectureHash === hash && state === "failed" && measurements.length === 0
    );
  const replay = (architecture: Architecture): MeasuredOutcome => {
    const hash = architectureHash(architecture);
    const measurements: Measurement[] = [];
    for (const device of devices) {
      const measurement = store.measurement(hash, device, runtime, backendOf?.(device)) ??
        store.measurement(hash, device, runtime);
      if (!measurement) {
        const failed = untimed(hash);
        if (failed) return { error: failed.reason ?? `not timed in run "${run}"`, isFinal: true };
        throw new OutsideFaultError(
          `run "${run}" holds no latency of network ${
            hash.slice(0, 12)
          } on ${device} (${runtime}): it has not come so ` +
            "far, or went another way",
        );
      }
      const change = backendChange(measurement, backendOf);
      if (change !== undefined) throw new OutsideFaultError(`run "${run}": ${change}`);
      measurements.push(measurement);
    }
    return { measurements };
  };
  return {
    measure: (architectures) => {
      const outcomes = architectures.map((architecture) => Promise.try(replay, architecture));
      return { outcomes, quiet: Promise.allSettled(outcomes).then(() => {}) };
    },
  };
}
