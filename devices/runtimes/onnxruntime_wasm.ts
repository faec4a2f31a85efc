import { env, InferenceSession, Tensor } from "onnxruntime-web/wasm";
import { withinDeadline } from "./deadline.ts";
import { oneLine } from "./one_line.ts";
import { buildOnnxNetwork, type Onnxruntime } from "./onnxruntime_network.ts";
import { probeModel } from "./onnxruntime_probe.ts";
import type { RuntimeHost, StartedRuntime, StartRuntime } from "./runtime.ts";
import { servedFile } from "./served_file.ts";

// 14 MB come over the network first.
const startDeadlineMs = 120_000;

/** More hardly help a small network. */
const mostThreads = 4;

/** onnxruntime-web on WebAssembly, one thread. */
export const startOnnxruntimeWasm: StartRuntime = (host) => start(host, "onnxruntime wasm", 1);

/** onnxruntime-web on WebAssembly, several threads. Error where the page or the machine allows one only. */
export const startOnnxruntimeWasmThreads: StartRuntime = async (host) => {
  const name = "onnxruntime wasm with threads";
  if (!host.files) throw new Error(`Cannot start ${name}: they need a browser`);
  if (!globalThis.crossOriginIsolated) {
    throw new Error(`Cannot start ${name}: this page is not isolated from others`);
  }
  const processors = navigator.hardwareConcurrency;
  if (processors < 2) throw new Error(`Cannot start ${name}: this device has one processor`);
  return await start(host, name, Math.min(mostThreads, Math.max(2, Math.floor(processors / 2))));
};

async function start(host: RuntimeHost, name: string, threads: number): Promise<StartedRuntime> {
  env.logLevel = "error";
  env.wasm.numThreads = threads;
  env.wasm.proxy = false;
  if (host.files) {
    env.wasm.wasmPaths = {
      mjs: servedFile(host.files, "ort-wasm-simd-threaded.mjs"),
      wasm: servedFile(host.files, "ort-wasm-simd-threaded.wasm"),
    };
  }
  const options: InferenceSession.SessionOptions = {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
    executionMode: "sequential",
  };
  const onnxruntime: Onnxruntime = {
    name,
    createSession: (model) => InferenceSession.create(model, options),
    // It copies its input into the heap at each run, whatever the tensor holds; for an image those are microseconds.
    placeInput: (values, shape) => new Tensor("float32", values, shape),
    wait: (result) => result,
  };
  const probe = await withinDeadline(name, startDeadlineMs, onnxruntime.createSession(probeModel())).catch((error) => {
    throw new Error(`Cannot start ${name}: ${oneLine(error)}`);
  });
  await probe.release();
  // Where threads cannot be had it goes on with one, and sets this.
  if (env.wasm.numThreads !== threads) {
    throw new Error(`Cannot start ${name}: asked for ${threads} threads, got ${env.wasm.numThreads}`);
  }
  return {
    backend: `onnxruntime-web ${env.versions.web} wasm, SIMD, ${threads} thread${threads === 1 ? "" : "s"}`,
    softwareAdapter: false,
    settings: { threads, graphOptimizationLevel: "all", executionMode: "sequential" },
    build: (network) => buildOnnxNetwork(network, host, onnxruntime),
  };
}
