import * as tf from "@tensorflow/tfjs";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import "@tensorflow/tfjs-backend-webgpu";
import type { StartedRuntime } from "./runtime.ts";
import { setBackend } from "./set_backend.ts";
import { isSoftwareAdapter } from "./software_adapter.ts";

/** tfjs on WebGPU. */
export async function startTfjsWebgpu(): Promise<StartedRuntime> {
  if (!navigator.gpu) throw new Error("Cannot start tfjs webgpu: this browser has no WebGPU");
  const adapter = await navigator.gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter) throw new Error("Cannot start tfjs webgpu: this browser gives no GPU adapter");
  // All of a network is to run on the GPU; by default tfjs computes small operations on the CPU.
  tf.env().set("WEBGPU_CPU_FORWARD", false);
  await setBackend("webgpu");
  const { vendor, architecture, device, description, isFallbackAdapter } = adapter.info;
  const name = [vendor, architecture, device, description].filter((part) => part).join(" ") || "unnamed adapter";
  return {
    backend: `tfjs ${tf.version_core} webgpu, ${name}`.slice(0, 200),
    softwareAdapter: isFallbackAdapter || isSoftwareAdapter(name),
    read: async (logits) => await logits.data<"float32">(),
    lost: (tf.backend() as WebGPUBackend).device.lost.then(({ message }) => `the browser lost the GPU: ${message}`),
  };
}
