// tfjs on the engine's own device, for losses that are written in tfjs: its tensors and the network's ports are buffers
// of one device, and nothing is copied through the host.
import * as tf from "@tensorflow/tfjs";
import type { Engine } from "../network.ts";
import { WebGpuEngine } from "./engine.ts";

/** The name under which tfjs knows the engine's device. */
export const tfjsBackendName = "engine-webgpu";

let current: WebGpuEngine | undefined;

/**
 * Makes a tfjs WebGPU backend on the device of `engine` the current one. `output(port)` then suits
 * `tf.tensor({ buffer, zeroCopy: true }, shape)`, and the buffer of `dataToGPU()` suits `backward({ port: buffer })`.
 * Throws a TypeError on an engine without a GPU device, and an Error where tfjs does not start there.
 */
export async function useTfjsOn(engine: Engine): Promise<void> {
  if (!(engine instanceof WebGpuEngine)) throw new TypeError(`tfjs cannot run on the device of ${engine.description}`);
  if (current !== engine) await register(engine);
  const started = await tf.setBackend(tfjsBackendName);
  if (started !== true || tf.getBackend() !== tfjsBackendName) {
    throw new Error(`tfjs was to start on the engine's device, but started ${tf.getBackend() || "nothing"}`);
  }
}

async function register(engine: WebGpuEngine): Promise<void> {
  const { WebGPUBackend } = await import("@tensorflow/tfjs-backend-webgpu");
  if (tf.findBackend(tfjsBackendName)) tf.removeBackend(tfjsBackendName);
  else tf.copyRegisteredKernels("webgpu", tfjsBackendName);
  const { gpu, adapterInfo } = engine.device;
  const backend = new WebGPUBackend(gpu, adapterInfo);
  tf.registerBackend(tfjsBackendName, () => backend);
  // tfjs hands in its commands in batches. What it was asked for before a call of the engine's must run before it.
  engine.beforeSubmit.push(() => {
    if (!(backend as unknown as { commandEncoder: GPUCommandEncoder | null }).commandEncoder) return;
    backend.endComputePassEncoder();
    backend.submitQueue();
  });
  current = engine;
}
