// Our compiled kernels on the memory of tfjs's wasm backend: they read and write its tensors in place, without copies.
import type { TensorInfo } from "@tensorflow/tfjs";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";

/** Which instructions the kernels may use: with `relaxed` SIMD they multiply and add in one. */
export type KernelVariant = "relaxed" | "simd";

/** The committed binary of `variant`; build.ts makes it. */
export function kernelBinaryUrl(variant: KernelVariant): URL {
  return new URL(`./kernels.${variant}.wasm`, import.meta.url);
}

/** A place in the backend's memory, in bytes. */
export type Address = number;

/** The exports of assembly/kernels.as, where the parameters are described. */
export interface KernelExports {
  convolutionScratchFloats(geometry: Address): number;
  convolve(geometry: Address, x: Address, filter: Address, y: Address, scratch: Address): void;
  convolveInputGradient(geometry: Address, dy: Address, filter: Address, dx: Address, scratch: Address): void;
  convolveFilterGradient(geometry: Address, x: Address, dy: Address, dFilter: Address, scratch: Address): void;
  depthwiseScratchFloats(geometry: Address): number;
  depthwise(geometry: Address, x: Address, filter: Address, y: Address, scratch: Address): void;
  depthwiseInputGradient(geometry: Address, dy: Address, filter: Address, dx: Address, scratch: Address): void;
  depthwiseFilterGradient(geometry: Address, x: Address, dy: Address, dFilter: Address, scratch: Address): void;
  averagePoolGradient(geometry: Address, dy: Address, dx: Address, scratch: Address): void;
  batchNormScratchFloats(channels: number): number;
  // deno-fmt-ignore
  batchNorm(
    rows: number, channels: number, x: Address, gamma: Address, beta: Address, epsilon: number, lower: number,
    upper: number, y: Address, mean: Address, variance: Address, scratch: Address,
  ): void;
  // deno-fmt-ignore
  batchNormGradient(
    rows: number, channels: number, x: Address, gamma: Address, beta: Address, mean: Address, variance: Address,
    epsilon: number, lower: number, upper: number, dy: Address, dMean: Address, dVariance: Address, dx: Address,
    dGamma: Address, dBeta: Address, scratch: Address,
  ): void;
  multiplyScratchFloats(rows: number, columns: number, depth: number): number;
  // deno-fmt-ignore
  multiply(
    rows: number, columns: number, depth: number, a: Address, b: Address, transposedRight: boolean, c: Address,
    scratch: Address,
  ): void;
  // deno-fmt-ignore
  multiplyTransposedLeft(
    rows: number, columns: number, depth: number, a: Address, b: Address, c: Address, scratch: Address,
  ): void;
}

// The class Geometry of assembly/geometry.as.
const geometryFields = 13;
const cacheLineBytes = 64;

// What the Emscripten module offers beyond its declared type.
interface Heap {
  asm: object;
  _malloc(bytes: number): number;
  _free(address: Address): void;
}

function heapOf(backend: BackendWasm): Heap {
  return backend.wasm as unknown as Heap;
}

function memoryOf(backend: BackendWasm): WebAssembly.Memory {
  const memory = Object.values(heapOf(backend).asm).find((value) => value instanceof WebAssembly.Memory);
  if (!memory) throw new Error("tfjs-backend-wasm exports no memory; the kernels need version 4.22");
  return memory;
}

/** The kernels bound to one wasm backend. Lives as long as the backend. */
export class KernelLibrary {
  readonly variant: KernelVariant;
  readonly kernels: KernelExports;
  readonly #backend: BackendWasm;
  readonly #memory: WebAssembly.Memory;
  readonly #geometry: Address;

  private constructor(variant: KernelVariant, kernels: KernelExports, backend: BackendWasm) {
    this.variant = variant;
    this.kernels = kernels;
    this.#backend = backend;
    this.#memory = memoryOf(backend);
    this.#geometry = this.#allocate(4 * geometryFields);
  }

  /** Throws an Error where the runtime lacks WebAssembly SIMD, or the asked variant of it. */
  static async load(backend: BackendWasm, options: { variant?: KernelVariant } = {}): Promise<KernelLibrary> {
    const variants: KernelVariant[] = options.variant ? [options.variant] : ["relaxed", "simd"];
    for (const variant of variants) {
      const binary = await Deno.readFile(kernelBinaryUrl(variant));
      if (!WebAssembly.validate(binary)) continue;
      const { instance } = await WebAssembly.instantiate(binary, { env: { memory: memoryOf(backend) } });
      return new KernelLibrary(variant, instance.exports as unknown as KernelExports, backend);
    }
    throw new Error(`training on wasm needs WebAssembly SIMD (${variants.join(" or ")}), which this runtime lacks`);
  }

  #allocate(bytes: number): Address {
    const address = heapOf(this.#backend)._malloc(bytes) >>> 0;
    if (address === 0) throw new Error(`the wasm backend is out of memory: ${bytes} bytes cannot be had`);
    return address;
  }

  /** Where the values of `tensor` lie. */
  address(tensor: TensorInfo): Address {
    return this.#backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /** A new float32 tensor, its values not set yet. */
  output(shape: number[]): TensorInfo {
    const output = this.#backend.makeOutput(shape, "float32");
    // tfjs does not look at what malloc gives; address 0 would overwrite the module's own data.
    if (this.address(output) === 0 && !shape.includes(0)) {
      throw new Error(`the wasm backend is out of memory: no room for [${shape}]`);
    }
    return output;
  }

  /** Another tensor over the values of `tensor`, not copied; the backend counts the owners. */
  share(tensor: TensorInfo): TensorInfo {
    this.#backend.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape: tensor.shape, dtype: tensor.dtype };
  }

  /** Copies `count` values of `from`, from its `start`-th on, to the beginning of `to`. */
  copyFloats(from: TensorInfo, { start, count }: { start: number; count: number }, to: TensorInfo): void {
    const begin = this.address(from) + 4 * start;
    new Uint8Array(this.#memory.buffer).copyWithin(this.address(to), begin, begin + 4 * count);
  }

  /** Runs `use` with `floats` of memory, aligned to cache lines, freed afterwards. */
  withScratch(floats: number, use: (scratch: Address) => void): void {
    const address = this.#allocate(4 * floats + cacheLineBytes);
    try {
      use(Math.ceil(address / cacheLineBytes) * cacheLineBytes);
    } finally {
      heapOf(this.#backend)._free(address);
    }
  }

  /** Runs a kernel over `geometry`, the fields of assembly/geometry.as, with as much scratch as it asks for. */
  withGeometry(
    geometry: readonly number[],
    scratchFloats: (geometry: Address) => number,
    use: (geometry: Address, scratch: Address) => void,
  ): void {
    // A new view each time: the old one is detached when the memory grows.
    new Int32Array(this.#memory.buffer, this.#geometry, geometryFields).set(geometry);
    this.withScratch(scratchFloats(this.#geometry), (scratch) => use(this.#geometry, scratch));
  }
}
