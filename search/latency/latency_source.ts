// The contract of whoever answers "how fast is this architecture".
import type { Architecture } from "../../src/schemas/architecture.ts";
import type { Measurement } from "../../src/schemas/measurement.ts";

export interface LatencySource {
  /** True where it shares this machine's cores, so that it must not be asked while trainers work. */
  readonly needsQuiet: boolean;
  /**
   * One valid measurement per device, in the order of the configuration.
   * Rejects with an Error that names device and cause where one cannot be had.
   */
  measure(architecture: Architecture, options: { signal?: AbortSignal }): Promise<Measurement[]>;
}
