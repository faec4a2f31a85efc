// Latencies of an earlier run instead of new ones: for exact reproduction.
import { architectureHash } from "../../src/schemas/architecture.ts";
import type { RuntimeName } from "../../src/schemas/measurement.ts";
import type { RunStore } from "../store/run_store.ts";
import type { LatencySource } from "./latency_source.ts";

/** Answers from the measurements in `store`, a run named `run`; an architecture that it did not measure is an error. */
export function replayedLatencies(
  store: RunStore,
  options: { run: string; devices: readonly string[]; runtime: RuntimeName },
): LatencySource {
  return {
    needsQuiet: false,
    measure: (architecture) => {
      const hash = architectureHash(architecture);
      return Promise.all(options.devices.map((device) => {
        const measurement = store.measurement(hash, device, options.runtime);
        if (measurement) return measurement;
        throw new Error(`run "${options.run}" holds no latency of network ${hash.slice(0, 12)} on ${device}`);
      }));
    },
  };
}
