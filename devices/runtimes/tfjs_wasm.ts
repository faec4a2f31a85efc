import * as tf from "@tensorflow/tfjs";
import { setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import type { RuntimeHost, StartedRuntime, StartRuntime } from "./runtime.ts";
import { servedFile } from "./served_file.ts";
import { setBackend } from "./set_backend.ts";
import { buildTfjsNetwork, readAsynchronously } from "./tfjs_network.ts";
import { pinFlags } from "./tfjs_flags.ts";
import { startWithThreads } from "./tfjs_wasm_threads.ts";

/** tfjs on WebAssembly, one thread. */
export const startTfjsWasm: StartRuntime = async (host) => {
  // An isolated page would take the threaded build by itself.
  pinFlags({ WASM_HAS_MULTITHREAD_SUPPORT: false });
  useFilesOf(host);
  await setBackend("wasm");
  return await describe(host, 1);
};

/** tfjs on WebAssembly, several threads. Error where the page or the machine allows one only. */
export const startTfjsWasmThreads: StartRuntime = async (host) => {
  if (!host.files) throw new Error("Cannot start tfjs wasm with threads: they need a browser");
  useFilesOf(host);
  return await describe(host, await startWithThreads(host.files));
};

function useFilesOf({ files }: RuntimeHost): void {
  if (files && tf.getBackend() !== "wasm") setWasmPaths(servedFile(files, "."));
}

async function describe(host: RuntimeHost, threads: number): Promise<StartedRuntime> {
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT") === true;
  return {
    backend: `tfjs ${tf.version_core} wasm, ${simd ? "SIMD" : "no SIMD"}, ${threads} thread${threads === 1 ? "" : "s"}`,
    softwareAdapter: false,
    settings: { threads, WASM_HAS_SIMD_SUPPORT: simd, WASM_HAS_MULTITHREAD_SUPPORT: threads > 1, readBack: "data" },
    build: (network) => buildTfjsNetwork(network, { host, read: readAsynchronously }),
  };
}
