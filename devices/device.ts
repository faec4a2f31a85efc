// The contract of a device: something real that times networks.
import type { DeviceDescription, MeasureJob, Measurement } from "../src/schemas/measurement.ts";

/** Something that can time a network. */
export interface Device {
  /** As given on the command line: "here", "chromium", or the name under which a browser was paired. */
  readonly name: string;
  /** True where it shares this machine's cores, so that trainers must be quiet while it measures. */
  readonly local: boolean;
  describe(): DeviceDescription;
  /**
   * Times the deployed form of the job's architecture at batch 1 and checks its output.
   * Rejects with an Error that names device and cause when no measurement came about within the deadline, and with the
   * signal's reason when aborted; resolves to a Measurement with `valid: false` and named flags when one came that must
   * not be trusted.
   */
  measure(job: Omit<MeasureJob, "id">, options?: { signal?: AbortSignal }): Promise<Measurement>;
  /** Frees processes, browser and server; safe to call twice. */
  close(): Promise<void>;
}
