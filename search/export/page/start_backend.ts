// tfjs on a page opened from a disk: nothing can be fetched, so the WebAssembly binary comes from within the page.
import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";

const deadlineMs = 15_000;

async function started(name: string): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<false>((resolve) => timer = setTimeout(() => resolve(false), deadlineMs));
  try {
    return await Promise.race([tf.setBackend(name), late]) && tf.getBackend() === name;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** The first backend that starts, in words; `wasm` is the binary with SIMD, base64. Error where none does. */
export async function startBackend(wasm: string): Promise<string> {
  // Threads need workers and headers that a file does not have.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  if (await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT")) {
    const binary = `data:application/wasm;base64,${wasm}`;
    setWasmPaths({
      "tfjs-backend-wasm.wasm": binary,
      "tfjs-backend-wasm-simd.wasm": binary,
      "tfjs-backend-wasm-threaded-simd.wasm": binary,
    }, true);
    if (await started("wasm")) return "WebAssembly, SIMD, one thread";
  }
  if (await started("webgl")) return "WebGL, since WebAssembly with SIMD did not start";
  if (await started("cpu")) return "plain JavaScript, since neither WebAssembly nor WebGL started: slow";
  throw new Error("TensorFlow.js does not start in this browser");
}
