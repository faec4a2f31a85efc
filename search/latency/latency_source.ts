// The contract of whoever answers "how fast is this architecture".
import type { Architecture } from "../../src/schemas/architecture.ts";
import type { Measurement, ProfileName } from "../../src/schemas/measurement.ts";

/**
 * What came of one network: a valid measurement on each device, or why one cannot be had, with the device's name.
 * `isFinal`: trying again is of no use.
 */
export type MeasuredOutcome = { measurements: Measurement[] } | { error: string; isFinal?: true };

export interface MeasureOptions {
  signal?: AbortSignal;
  /** In place of the source's own profile. */
  profile?: ProfileName;
}

/** Networks that are being measured. */
export interface MeasuredBatch {
  /**
   * Outcome i belongs to architecture i and comes as soon as it is known. Rejects with a DeviceGoneError where a device
   * went away and the run is not to go on without it, with an OutsideFaultError where one does not measure as it did
   * before, with the signal's reason where aborted.
   */
  outcomes: readonly Promise<MeasuredOutcome>[];
  /** Resolves, and never rejects, once no measurement of the batch shares this machine's cores: trainers may work. */
  quiet: Promise<void>;
}

export interface LatencySource {
  /** Measures `architectures` side by side; the error of one is its own. */
  measure(architectures: readonly Architecture[], options?: MeasureOptions): MeasuredBatch;
}
