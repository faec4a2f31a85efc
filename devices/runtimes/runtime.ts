// The contract of an inference runtime: how it is started, what it says of itself, how it builds and runs a network.
import type { MeasuredNetwork } from "../../src/schemas/measurement.ts";

/** A network ready on a runtime, batch 1, its input resident. */
export interface RunningNetwork {
  /**
   * One inference, its outputs computed and read back; all outputs one after the other. What is returned may be a view of
   * memory that the next inference overwrites.
   */
  infer(): Promise<Float32Array>;
  dispose(): void | Promise<void>;
  /** Milliseconds spent on fetching files or making weights, and on building; the first inference excluded. */
  cold: { downloadMs: number; buildMs: number };
}

/** A runtime that is ready on the current page or process. */
export interface StartedRuntime {
  /** For instance version and GPU adapter, or the number of threads; at most 200 characters. */
  backend: string;
  /** True where the GPU is emulated on the CPU. */
  softwareAdapter: boolean;
  /** Settings that change its speed, as pinned. */
  settings: Record<string, string | number | boolean>;
  /**
   * Builds `network` with its input (see `inputValues` in ../protocol/check.ts). Error in one line where it cannot: another
   * kind of source, an op that the backend lacks, several inputs.
   */
  build(network: MeasuredNetwork): Promise<RunningNetwork>;
  /** Settles with the reason once the GPU is lost to this page; absent where there is none to lose. */
  lost?: Promise<string>;
}

/** What a runtime gets from where it runs. */
export interface RuntimeHost {
  /**
   * URL (ending in "/"; on a page it may be relative) of the folder that the runtime's own files are served from, see devices/server/assets.ts; absent
   * in a process, where its package finds them.
   */
  files?: string;
  /** The bytes of a model's file, checked against its SHA-256. */
  modelFile(sha256: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Milliseconds, monotonic. */
  clock(): number;
}

/** Starts a runtime. Error with the reason if that cannot be had; never another one in its place. */
export type StartRuntime = (host: RuntimeHost) => Promise<StartedRuntime>;
