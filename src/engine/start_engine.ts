// Chooses where training runs: WebGPU on a real GPU, else WebAssembly. What a user asks for by name starts or fails.
import type { Engine } from "./network.ts";
import { adapterName, isSoftware, requestAdapter } from "./webgpu/adapter.ts";

/** What a user may ask for. */
export type EngineChoice = "auto" | "wasm" | "webgpu";

export interface StartedEngine {
  engine: Engine;
  /** What it runs on, for people. */
  description: string;
  /** Why this one. */
  reason: string;
}

const startDeadlineMs = 30_000;

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

interface FoundAdapter {
  adapter: GPUAdapter;
  description: string;
  /** Not a real GPU. */
  software: boolean;
}

/** Null where there is no adapter. */
async function findAdapter(): Promise<FoundAdapter | null> {
  const adapter = await quietly(() => withDeadline("the WebGPU adapter", requestAdapter()));
  return adapter && { adapter, description: adapterName(adapter), software: isSoftware(adapter) };
}

// Engines are loaded when they are started: a trainer holds one of them.
async function startWebGpu({ adapter, software }: FoundAdapter, reason: string): Promise<StartedEngine> {
  const { startWebGpuEngine } = await import("./webgpu/engine.ts");
  const engine = await quietly(() => withDeadline<Engine>("backend webgpu", startWebGpuEngine({ adapter })));
  const description = software ? `${engine.description} (software adapter, slow)` : engine.description;
  return { engine, description, reason };
}

async function startWasm(threads: number, reason: string): Promise<StartedEngine> {
  const { startWasmEngine } = await import("./wasm/engine.ts");
  const engine = await withDeadline("backend wasm", startWasmEngine({ threads }));
  return { engine, description: engine.description, reason };
}

function webGpuFailure(adapter: string, error: unknown): string {
  return `WebGPU failed on ${adapter}: ${(error as Error).message}`;
}

/** WebGPU on a real GPU, or why not. */
async function startGpu(): Promise<StartedEngine | string> {
  let name = "the search for an adapter";
  try {
    const found = await findAdapter();
    if (!found) return "no GPU: no WebGPU adapter";
    name = found.description;
    return found.software ? `no GPU, only the software adapter ${name}` : await startWebGpu(found, "a GPU is here");
  } catch (error) {
    return webGpuFailure(name, error);
  }
}

/**
 * Starts the engine for training: `auto` takes WebGPU on a real GPU, else, or where that fails to start, WebAssembly
 * with `threads` threads; the reason says which it was. An engine asked for by name starts or throws an Error that says
 * why it cannot. The caller disposes the engine.
 */
export async function startEngine(wanted: EngineChoice, options: { threads?: number } = {}): Promise<StartedEngine> {
  const { threads = 1 } = options;
  switch (wanted) {
    case "auto": {
      const started = await startGpu();
      return typeof started === "string" ? await startWasm(threads, started) : started;
    }
    case "webgpu": {
      const found = await findAdapter();
      if (!found) throw new Error("backend webgpu was asked for, but this machine has no WebGPU adapter");
      try {
        return await startWebGpu(found, "asked for");
      } catch (error) {
        throw new Error(`backend webgpu was asked for, but ${webGpuFailure(found.description, error)}`);
      }
    }
    case "wasm":
      return await startWasm(threads, "asked for");
    default:
      throw new RangeError(`backend must be auto, wasm or webgpu, got ${wanted satisfies never}`);
  }
}
