// The contract of an inference runtime: how it is started, what it says of itself, how outputs are read back.
import type * as tf from "@tensorflow/tfjs";

/** A runtime that is ready on the current page or process. */
export interface StartedRuntime {
  /** For instance the GPU adapter, or the number of threads; at most 200 characters. */
  backend: string;
  /** True where the GPU is emulated on the CPU. */
  softwareAdapter: boolean;
  /** Waits until the logits are computed and gives them; may be a view of the runtime's memory. Disposes nothing. */
  read(logits: tf.Tensor2D): Promise<Float32Array>;
  /** Settles with the reason once the GPU is lost to this page; absent where there is none to lose. */
  lost?: Promise<string>;
}

/** Starts a runtime and makes it the current tfjs backend. Error with the reason if that cannot be had. */
export type StartRuntime = (options?: { wasmFolder?: string }) => Promise<StartedRuntime>;
