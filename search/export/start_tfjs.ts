import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

/** The folder of the binaries of tfjs's WebAssembly backend. */
export const tfjsWasmFolder = new URL("../wasm-out/", import.meta.resolve("@tensorflow/tfjs-backend-wasm"));

/** Makes tfjs on WebAssembly, one thread, the backend of this process. Throws where it cannot be. */
export async function startTfjs(): Promise<void> {
  if (tf.getBackend() === "wasm") return;
  // Threads would be started in workers, which may hang; this is a matter of seconds.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths(fileURLToPath(tfjsWasmFolder));
  const started = await tf.setBackend("wasm");
  if (started !== true || tf.getBackend() !== "wasm") {
    throw new Error(`tfjs was to start on wasm, but started on ${tf.getBackend() || "nothing"}`);
  }
}
