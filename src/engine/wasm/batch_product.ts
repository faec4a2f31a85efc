// Products of many small matrices outside networks, in a memory of their own.
import { instantiateModule, type KernelExports, readKernels, withMemoryOf } from "./module.ts";

/** One operand: `[count, rows, columns]` flat, or `[count, columns, rows]` where `transposed`. */
export interface ProductOperand {
  values: Float32Array;
  /** Matrices; 1 serves all of the other operand. */
  count: number;
  transposed: boolean;
}

export interface ProductShape {
  rows: number;
  inner: number;
  columns: number;
}

const pageBytes = 65_536;

/** Multiplies batches of matrices; grows with the largest product asked for. */
export class BatchProducts {
  readonly #binary: Uint8Array;
  #kernels: KernelExports | undefined;
  #floats = new Float32Array();

  private constructor(binary: Uint8Array) {
    this.#binary = binary;
  }

  /** Throws an Error where the runtime lacks WebAssembly SIMD. */
  static async create(): Promise<BatchProducts> {
    return new BatchProducts((await readKernels()).binary);
  }

  /** Kernels over a memory with room for `floats` beyond the module's own data. */
  #with(floats: number): { kernels: KernelExports; start: number } {
    if (!this.#kernels || this.#floats.length < floats) {
      // The module's own data are far below a page's size; twice what is asked, so that growing ends soon.
      const pages = Math.min(65_536, 1 + Math.ceil((2 * floats * 4) / pageBytes));
      const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
      const module = new WebAssembly.Module(withMemoryOf(pages, this.#binary) as BufferSource);
      this.#kernels = instantiateModule(module, memory);
      const start = Math.ceil(this.#kernels.heapBase() / 64) * 64;
      this.#floats = new Float32Array(memory.buffer, start);
      if (this.#floats.length < floats) throw new RangeError(`a product of ${4 * floats} bytes does not fit`);
    }
    return { kernels: this.#kernels, start: this.#floats.byteOffset };
  }

  /**
   * Writes `a` `[count, rows, inner]` times `b` `[count, inner, columns]` to `out` `[count, rows, columns]`, where a count of
   * 1 stands for that of the other.
   */
  multiply(a: ProductOperand, b: ProductOperand, { rows, inner, columns }: ProductShape, out: Float32Array): void {
    const count = Math.max(a.count, b.count);
    const padded = Math.ceil(columns / 4) * 4;
    const aligned = (floats: number) => Math.ceil(floats / 16) * 16;
    const atB = aligned(a.values.length);
    const atC = atB + aligned(b.values.length);
    const atScratch = atC + aligned(count * rows * padded);
    // Rough but never too small: places, panels, and a turned copy of one matrix.
    const scratch = 64 + 2 * rows + inner * (columns + 8) + rows * inner;
    const { kernels, start } = this.#with(atScratch + scratch);
    if (kernels.batchProductScratchFloats(rows, inner, columns) > scratch) throw new Error("the scratch is too small");
    this.#floats.set(a.values);
    this.#floats.set(b.values, atB);
    const strideOf = ({ count, values }: ProductOperand) => count === 1 ? 0 : values.length / count;
    kernels.batchProduct(
      count,
      rows,
      inner,
      columns,
      start,
      strideOf(a),
      a.transposed ? 1 : 0,
      start + 4 * atB,
      strideOf(b),
      b.transposed ? 1 : 0,
      start + 4 * atC,
      start + 4 * atScratch,
    );
    if (padded === columns) {
      out.set(this.#floats.subarray(atC, atC + out.length));
      return;
    }
    for (let row = 0; row < count * rows; row++) {
      out.set(this.#floats.subarray(atC + row * padded, atC + row * padded + columns), row * columns);
    }
  }
}
