import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import type { StartedRuntime } from "./runtime.ts";
import { setBackend } from "./set_backend.ts";

/** tfjs on WebAssembly, one thread. `wasmFolder`: where a page finds the binaries. */
export async function startTfjsWasm({ wasmFolder }: { wasmFolder?: string } = {}): Promise<StartedRuntime> {
  // The threaded build takes its workers from blob URLs, which the page's content security policy blocks: it would hang.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  if (wasmFolder && tf.getBackend() !== "wasm") setWasmPaths(wasmFolder);
  await setBackend("wasm");
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  return {
    backend: `tfjs ${tf.version_core} wasm, ${simd ? "SIMD" : "no SIMD"}, 1 thread`,
    softwareAdapter: false,
    read: async (logits) => await logits.data<"float32">(),
  };
}
