// The contract of a device: something real that times models.
import type {
  DeviceDescription,
  LoadRequest,
  Measurement,
  Model,
  ProfileName,
  RawLoad,
  RuntimeName,
} from "../src/schemas/measurement.ts";

/** What a session times: its models one beside the other, in interleaved rounds. */
export interface SessionRequest {
  /** 1 to 32. */
  models: readonly Model[];
  runtime: RuntimeName;
  profile: ProfileName;
}

/** What came of one model: a measurement (`valid: false` with named flags where it must not be trusted), or why there is none. */
export type Outcome = { measurement: Measurement } | { error: string };

/** How far a session is. */
export interface SessionProgress {
  /** From 1. */
  load: number;
  loads: number;
  /** What the device does now, in a few words: "warming up", "310 rounds", "waits: its page is hidden". */
  activity: string;
}

export interface SessionOptions {
  signal?: AbortSignal;
  onProgress?: (progress: SessionProgress) => void;
}

/** Something that can time models. */
export interface Device {
  /** As given on the command line: "here", "chromium", "firefox", or the name under which a browser was paired. */
  readonly name: string;
  /** True where it shares this machine's cores, so that nothing else may work while it measures. */
  readonly local: boolean;
  describe(): DeviceDescription;
  /**
   * Times `models` beside the two references; outcome i belongs to model i. Rejects with a DeviceGoneError when the device
   * cannot be had, with an Error that names device and cause when it answers but no session came about, and with the
   * signal's reason when aborted.
   */
  measure(request: SessionRequest, options?: SessionOptions): Promise<Outcome[]>;
  /** Frees processes, browser and server; safe to call twice. A pairing stays. */
  close(): Promise<void>;
}

/** The device went away (page closed, asleep, out of reach, revoked) and did not come back in time. */
export class DeviceGoneError extends Error {
  override name = "DeviceGoneError";
  constructor(readonly device: string, message: string) {
    super(message);
  }
}

/** What is specific to a kind of device: it runs one fresh load. Rejects as `Device.measure` does. */
export type RunLoad = (
  request: LoadRequest,
  options: {
    signal?: AbortSignal;
    onActivity?: (activity: string) => void;
    /** Where the files of the networks lie on this machine, by SHA-256. */
    files: ReadonlyMap<string, string>;
  },
) => Promise<RawLoad>;
