// Chooses where training runs, and checks that it really runs there: tfjs itself falls back in silence.
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs";
import { type BackendWasm, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import { averagePoolGradient } from "./average_pool_gradient.ts";
import { registerKernels } from "./wasm/register_kernels.ts";

/** What a user may ask for. */
export type BackendChoice = "auto" | "wasm" | "webgpu" | "cpu";

export interface StartedBackend {
  name: "wasm" | "webgpu" | "cpu";
  /** What it runs on, for people. */
  description: string;
  /** Why this one. */
  reason: string;
}

const startDeadlineMs = 30_000;
const softwareAdapters = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp/i;

async function withDeadline<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what} gave no answer within ${startDeadlineMs / 1000} s`)),
      startDeadlineMs,
    );
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

async function setBackend(name: StartedBackend["name"]): Promise<void> {
  const started = await withDeadline(`backend ${name}`, tf.setBackend(name));
  if (started !== true || tf.getBackend() !== name) {
    throw new Error(`backend ${name} was asked for, but tfjs started ${tf.getBackend() || "none"}`);
  }
}

// Mesa's Vulkan drivers print an error where this is unset, though they need it for no more than windows.
const runtimeDirectory = "XDG_RUNTIME_DIR";

async function quietly<T>(use: () => Promise<T>): Promise<T> {
  if (Deno.env.get(runtimeDirectory) !== undefined) return await use();
  Deno.env.set(runtimeDirectory, "/tmp");
  try {
    return await use();
  } finally {
    Deno.env.delete(runtimeDirectory);
  }
}

/** What the adapter is, and whether a real GPU; null where there is no adapter. */
async function findAdapter(): Promise<{ description: string; software: boolean } | null> {
  const { gpu } = navigator;
  if (!gpu) return null;
  const adapter = await quietly(() => withDeadline("the WebGPU adapter", gpu.requestAdapter()));
  if (!adapter) return null;
  const { description, device, vendor, architecture, isFallbackAdapter } = adapter.info;
  const name = description || [vendor, architecture || device].filter(Boolean).join(" ") || "unnamed adapter";
  return { description: name, software: isFallbackAdapter || softwareAdapters.test(name) };
}

async function startWebGpu(adapter: { description: string; software: boolean }): Promise<string> {
  await import("@tensorflow/tfjs-backend-webgpu");
  await quietly(() => setBackend("webgpu"));
  return adapter.software ? `${adapter.description} (software adapter, slow)` : adapter.description;
}

async function startWasm(): Promise<string> {
  // Threads gain nothing here, since several students train at a time, and their workers need a page's permissions.
  tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  setWasmPaths(fileURLToPath(new URL("../wasm-out/", import.meta.resolve("@tensorflow/tfjs-backend-wasm"))));
  await setBackend("wasm");
  const variant = await registerKernels(tf.backend() as BackendWasm);
  return variant === "relaxed" ? "WebAssembly, relaxed SIMD, 1 thread" : "WebAssembly, SIMD, 1 thread";
}

async function startAuto(): Promise<StartedBackend> {
  const adapter = await findAdapter();
  if (!adapter || adapter.software) {
    const reason = adapter ? `no GPU, only the software adapter ${adapter.description}` : "no GPU: no WebGPU adapter";
    return { name: "wasm", description: await startWasm(), reason };
  }
  return { name: "webgpu", description: await startWebGpu(adapter), reason: "a GPU is here" };
}

/**
 * Starts the tfjs backend for training and makes it current: `auto` takes WebGPU on a real GPU, else WebAssembly with
 * our kernels. A backend asked for by name starts or throws an Error that says why it cannot.
 */
export async function startBackend(wanted: BackendChoice): Promise<StartedBackend> {
  tf.registerGradient(averagePoolGradient);
  const reason = "asked for";
  switch (wanted) {
    case "auto":
      return await startAuto();
    case "webgpu": {
      const adapter = await findAdapter();
      if (!adapter) throw new Error("backend webgpu was asked for, but this machine has no WebGPU adapter");
      return { name: "webgpu", description: await startWebGpu(adapter), reason };
    }
    case "wasm":
      return { name: "wasm", description: await startWasm(), reason };
    case "cpu":
      await setBackend("cpu");
      return { name: "cpu", description: "plain JavaScript, very slow", reason };
    default:
      throw new RangeError(`backend must be auto, wasm, webgpu or cpu, got ${wanted satisfies never}`);
  }
}
