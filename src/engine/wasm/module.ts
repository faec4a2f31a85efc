// The compiled kernels: which binary, and what it exports.
import { NetworkTooLargeError } from "../network.ts";

/** Which instructions the kernels use: with `relaxed` SIMD they multiply and add in one. */
export type KernelVariant = "relaxed" | "simd";

/** A place in the module's memory, in bytes. */
export type Address = number;

/** Work of one part of a step: the images that fall to it. */
export type WorkKernel = (step: Address, part: number, parts: number, scratch: Address) => void;
/** What one thread does once all parts are done. */
export type FinishKernel = (step: Address, parts: number) => void;

/** The exports of kernels/kernels.as: those called by name, and per op the kernels of kernels/step.as's convention. */
export interface NamedKernels {
  heapBase(): Address;
  extractPort(value: Address, batch: number, before: number, target: Address, scratch: Address): void;
  // deno-fmt-ignore
  injectPort(
    value: Address, batch: number, before: number, source: Address, mode: number, scratch: Address, parts: number,
  ): void;
  packRows(rows: number, channels: number, stride: number, source: Address, target: Address): void;
  unpackRows(rows: number, channels: number, stride: number, source: Address, target: Address): void;
  // deno-fmt-ignore
  softTargetLoss(
    batch: number, classes: number, stride: number, logits: Address, labels: Address, teacher: Address,
    temperature: number, alpha: number, gradient: Address, loss: Address,
  ): void;
  // deno-fmt-ignore
  adam(
    count: number, parameters: Address, gradients: Address, first: Address, second: Address, learningRate: number,
    beta1: number, beta2: number, epsilon: number, step: number, weightDecay: number,
  ): void;
  // deno-fmt-ignore
  sgd(
    count: number, parameters: Address, gradients: Address, velocity: Address, learningRate: number,
    momentum: number, nesterov: number, weightDecay: number,
  ): void;
  // deno-fmt-ignore
  rmsProp(
    count: number, parameters: Address, gradients: Address, square: Address, velocity: Address,
    learningRate: number, decay: number, momentum: number, epsilon: number, weightDecay: number,
  ): void;
  movingAverage(count: number, parameters: Address, average: Address, decay: number): void;
  fakeQuantise(count: number, source: Address, target: Address, bits: number): void;
  batchProductScratchFloats(rows: number, inner: number, columns: number): number;
  // deno-fmt-ignore
  batchProduct(
    batch: number, rows: number, inner: number, columns: number, a: Address, aFloats: number, aTransposed: number,
    b: Address, bFloats: number, bTransposed: number, c: Address, scratch: Address,
  ): void;
}

export type KernelExports = NamedKernels & Record<string, (...addresses: number[]) => number>;

/** The size in pages of 64 KiB that build.ts declares for the memory: the largest there is. */
export const declaredPages = 65_536;

/** The compiled kernels' file of `variant`; build.ts makes it. */
export function kernelBinaryUrl(variant: KernelVariant): URL {
  return new URL(`./kernels/kernels.${variant}.wasm`, import.meta.url);
}

/**
 * The kernels of the asked variant, or of the fastest that this runtime knows.
 * Throws an Error where the runtime lacks WebAssembly SIMD.
 */
export async function readKernels(wanted?: KernelVariant): Promise<{ binary: Uint8Array; variant: KernelVariant }> {
  const variants: KernelVariant[] = wanted ? [wanted] : ["relaxed", "simd"];
  for (const variant of variants) {
    const binary = await Deno.readFile(kernelBinaryUrl(variant));
    if (WebAssembly.validate(binary as BufferSource)) return { binary, variant };
  }
  throw new Error(`training on wasm needs WebAssembly SIMD (${variants.join(" or ")}), which this runtime lacks`);
}

// The import of the memory: its name, its kind, and the flags of its limits (shared, with a maximum). Both limits follow,
// each in the 3 bytes that 65,536 takes in LEB128.
const memoryImport = [...new TextEncoder().encode("memory"), 2, 3];
const limitBytes = 3;

/**
 * The binary with a memory of exactly `pages`. Where initial size and maximum are one, V8 knows the size that each access is
 * checked against beforehand, which is worth 10 to 20 % (a memory that may grow is asked for its size all the time).
 */
export function withMemoryOf(pages: number, binary: Uint8Array): Uint8Array {
  const at = binary.findIndex((_, index) => memoryImport.every((byte, offset) => binary[index + offset] === byte));
  if (at < 0) throw new Error("the kernels import no shared memory");
  const limit = [(pages & 0x7f) | 0x80, ((pages >> 7) & 0x7f) | 0x80, pages >> 14];
  const sized = binary.slice();
  sized.set([...limit, ...limit], at + memoryImport.length);
  if (limit.length !== limitBytes) throw new Error("a limit must take 3 bytes");
  return sized;
}

/** A memory and the kernels over it. */
export interface KernelMemory {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  kernels: KernelExports;
}

/** The kernels of `module` over `memory`, which all threads share. */
export function instantiateModule(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelExports {
  return new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as KernelExports;
}

/** Memories of one binary, by size; a network's is used again by the next, since one that nobody needs is freed late. */
export class KernelMemories {
  readonly #binary: Uint8Array;
  readonly #modules = new Map<number, WebAssembly.Module>();
  readonly #idle = new Map<number, KernelMemory[]>();

  constructor(binary: Uint8Array) {
    this.#binary = binary;
  }

  /**
   * A memory of at least `bytes`, in a few sizes only, since each is a compilation; pages that nobody touches cost nothing.
   * Throws an Error where there is no such memory.
   */
  take(bytes: number): KernelMemory & { release: () => void } {
    const pages = Math.max(16, 2 ** Math.ceil(Math.log2(bytes / 65_536)));
    const mebibytes = Math.ceil(bytes / 2 ** 20);
    if (pages > declaredPages) {
      throw new NetworkTooLargeError(`the network needs ${mebibytes} MiB of memory, WebAssembly ends at 4096 MiB`);
    }
    const place = this.#idle.get(pages)?.pop() ?? this.#create(pages);
    return {
      ...place,
      release: () => {
        this.#idle.set(pages, [...(this.#idle.get(pages) ?? []), place]);
      },
    };
  }

  #create(pages: number): KernelMemory {
    let module = this.#modules.get(pages);
    if (!module) {
      module = new WebAssembly.Module(withMemoryOf(pages, this.#binary) as BufferSource);
      this.#modules.set(pages, module);
    }
    let memory: WebAssembly.Memory;
    try {
      memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    } catch (error) {
      throw new Error(`no memory of ${pages / 16} MiB can be had: ${(error as Error).message}`);
    }
    return { module, memory, kernels: instantiateModule(module, memory) };
  }

  /** Lets go of all idle memories. */
  clear(): void {
    this.#idle.clear();
  }
}
