// The wasm engine: one compiled module, and the memories of its networks, used again one after another.
import type { Engine, Network, NetworkOptions } from "../network.ts";
import type { Architecture } from "../../schemas/architecture.ts";
import { KernelMemories, type KernelVariant, readKernels } from "./module.ts";
import { WasmNetwork } from "./network.ts";

export interface WasmEngineOptions {
  /** Threads of each network, at least 1. Students train one per core, on one thread each; a large network may use more. */
  threads?: number;
  /** The instructions to use; default: the fastest that this runtime knows. */
  variant?: KernelVariant;
}

/** The wasm engine, whose networks are {@linkcode WasmNetwork}s. */
export interface WasmEngine extends Engine {
  readonly variant: KernelVariant;
  compile(architecture: Architecture, options: NetworkOptions): Promise<WasmNetwork>;
}

/** Starts the engine. Throws a RangeError on fewer threads than 1, an Error where the runtime lacks SIMD. */
export async function startWasmEngine(options: WasmEngineOptions = {}): Promise<WasmEngine> {
  const { threads = 1 } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > 64) {
    throw new RangeError(`threads must be a whole number from 1 to 64, got ${threads}`);
  }
  const { binary, variant } = await readKernels(options.variant);
  const memories = new KernelMemories(binary);
  let disposed = false;
  const networks = new Set<Network>();
  return {
    backend: "wasm",
    variant,
    description: `WebAssembly, ${variant === "relaxed" ? "relaxed SIMD" : "SIMD"}, ${threads} thread${
      threads === 1 ? "" : "s"
    }`,
    async compile(architecture, networkOptions) {
      const draft = (bytes: number) => {
        const place = memories.take(bytes);
        place.release();
        return place;
      };
      let network: WasmNetwork | undefined = undefined;
      network = await WasmNetwork.create(architecture, networkOptions, {
        draft,
        allocate: (bytes) => {
          const place = memories.take(bytes);
          return {
            ...place,
            release: () => {
              place.release();
              if (network) networks.delete(network);
            },
          };
        },
        parts: threads,
      });
      if (disposed) {
        network.dispose();
        throw new Error("the engine was disposed of while it compiled a network");
      }
      networks.add(network);
      return network;
    },
    dispose() {
      disposed = true;
      for (const network of networks) network.dispose();
      networks.clear();
      memories.clear();
    },
  };
}
