// The threaded build of tfjs-wasm under a strict content security policy. Left to itself it makes its workers from blob
// URLs, which the policy blocks, and waits for them for ever. Here they come from the page's own server.
import * as tf from "@tensorflow/tfjs";
import { getThreadsCount, setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import { servedFile } from "./served_file.ts";
import { setBackend } from "./set_backend.ts";

/** Of the runtimes' files: what a worker starts with, and the build that it loads then. */
const workerFile = "tfjs-backend-wasm-threaded-simd.worker.js";
const buildFile = "tfjs-backend-wasm-threaded-simd.js";

/** More hardly help a small network. */
const mostThreads = 4;

/**
 * Starts tfjs on WebAssembly with threads, and gives their number. `files` is the folder that has them. Error where the page is
 * not isolated, or where only one thread comes out of it: tfjs takes at most half of the processors.
 */
export async function startWithThreads(files: string): Promise<number> {
  const operation = "Cannot start tfjs wasm with threads";
  if (!globalThis.crossOriginIsolated) throw new Error(`${operation}: this page is not isolated from others`);
  const processors = navigator.hardwareConcurrency;
  const wanted = Math.min(mostThreads, Math.floor(processors / 2));
  if (wanted < 2) {
    throw new Error(`${operation}: it takes half of the processors, and this device shows ${processors} to its pages`);
  }
  for (const feature of ["WASM_HAS_SIMD_SUPPORT", "WASM_HAS_MULTITHREAD_SUPPORT"]) {
    if (await tf.env().getAsync(feature) !== true) throw new Error(`${operation}: this browser lacks ${feature}`);
  }
  setThreadsCount(wanted);
  const BrowserWorker = globalThis.Worker;
  globalThis.Worker = servedWorkers(BrowserWorker, files);
  try {
    await setBackend("wasm");
  } finally {
    globalThis.Worker = BrowserWorker;
  }
  const threads = getThreadsCount();
  if (threads < 2) throw new Error(`${operation}: asked for ${wanted}, got ${threads}`);
  return threads;
}

function servedWorkers(BrowserWorker: typeof Worker, files: string): typeof Worker {
  return class ServedWorker extends BrowserWorker {
    constructor(url: string | URL, options?: WorkerOptions) {
      const isBlob = String(url).startsWith("blob:");
      super(isBlob ? servedFile(files, workerFile) : url, options);
    }

    override postMessage(message: unknown, options?: StructuredSerializeOptions | Transferable[]): void {
      const load = message as { cmd?: unknown; urlOrBlob?: unknown } | null;
      const sent = load?.cmd === "load" ? { ...load, urlOrBlob: servedFile(files, buildFile) } : message;
      super.postMessage(sent, options as StructuredSerializeOptions);
    }
  };
}
