// What the tests of the WASM kernels share: the committed binary over a memory, and records laid out by hand as the engine
// would. build_test.ts sees to it that the binaries are those of the sources.
import { assert, assertEquals } from "@std/assert";
import {
  instantiateModule,
  type KernelExports,
  type KernelVariant,
  readKernels,
  withMemoryOf,
} from "../../../../src/engine/wasm/module.ts";
import type { Activation } from "../../../../src/schemas/architecture.ts";

export type { Activation, KernelVariant };

/** What a value is made of; all arrays dense, `[batch, height, width, channels]` or `[channels]`. */
export interface ValueSpec {
  batch: number;
  height: number;
  width: number;
  channels: number;
  /** Absent: zeros. */
  raw?: Float32Array;
  /** Scale, shift, mean and inverse deviation, `[4, channels]`. */
  coefficients?: Float32Array;
  activation?: Activation;
  /** `[batch, channels]` */
  gate?: Float32Array;
  /** What the gradient holds before; absent: no gradient. */
  gradient?: Float32Array;
  /** How many parts have sums; absent: there are no sums. */
  parts?: number;
  /** Exactly `channels` where false, as of images. Default true. */
  padded?: boolean;
}

/** A value in the module's memory. */
export interface PlacedValue extends ValueSpec {
  address: number;
  stride: number;
  rawAddress: number;
  coefficientsAddress: number;
  gateAddress: number;
  gradientAddress: number;
  sumsAddress: number;
}

/** Fields of a Step (step.as) by name; those left out are 0. */
export interface StepFields {
  batch: number;
  input: PlacedValue;
  other?: PlacedValue;
  output: PlacedValue;
  kernel?: number;
  step?: number;
  padTop?: number;
  padLeft?: number;
  training?: boolean;
  parameters?: number[];
  gradients?: number[];
  movingMean?: number;
  movingVariance?: number;
  saved?: number[];
  inputMode?: number;
  otherMode?: number;
  rate?: number;
  node?: number;
  state?: { step: number; seed: number; momentum: number };
}

const guard = 12345.678;
const guardFloats = 16;

const modules = new Map<string, WebAssembly.Module>();

/** A fresh instance with its own memory of `pages` of 64 KiB. */
export async function kernelMemory(variant: KernelVariant = "relaxed", pages = 512): Promise<KernelMemory> {
  const key = `${variant} ${pages}`;
  if (!modules.has(key)) {
    const { binary } = await readKernels(variant);
    modules.set(key, await WebAssembly.compile(withMemoryOf(pages, binary) as BufferSource));
  }
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  return new KernelMemory(memory, instantiateModule(modules.get(key)!, memory));
}

export class KernelMemory {
  #end: number;

  constructor(readonly memory: WebAssembly.Memory, readonly kernels: KernelExports) {
    // Below lie the module's own constants.
    this.#end = (kernels.heapBase() + 63) & ~63;
  }

  /** Address of `count` floats, zero, on a boundary of 64 bytes. */
  allocate(count: number): number {
    const address = this.#end;
    this.#end = (address + 4 * count + 63) & ~63;
    if (this.#end > this.memory.buffer.byteLength) throw new RangeError("the test's memory is full");
    return address;
  }

  floats(address: number, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count);
  }

  /** Address of a copy of `values`. */
  place(values: ArrayLike<number>): number {
    const address = this.allocate(values.length);
    this.floats(address, values.length).set(values);
    return address;
  }

  /** Address of dense `rows` of `channels`, spread to `stride`. */
  placeRows(values: Float32Array, channels: number, stride: number): number {
    const rows = values.length / channels;
    const address = this.allocate(rows * stride);
    const target = this.floats(address, rows * stride);
    for (let row = 0; row < rows; row++) {
      target.set(values.subarray(row * channels, (row + 1) * channels), row * stride);
    }
    return address;
  }

  /** Dense copy of `rows` rows; fails where their padding is not zero. */
  readRows(address: number, rows: number, channels: number, stride: number): Float32Array {
    const source = this.floats(address, rows * stride);
    const dense = new Float32Array(rows * channels);
    for (let row = 0; row < rows; row++) {
      dense.set(source.subarray(row * stride, row * stride + channels), row * channels);
      for (let lane = channels; lane < stride; lane++) assertEquals(source[row * stride + lane], 0, `padding, ${row}`);
    }
    return dense;
  }

  value(spec: ValueSpec): PlacedValue {
    const { batch, height, width, channels } = spec;
    const stride = spec.padded === false ? channels : (channels + 3) & ~3;
    const count = batch * height * width * channels;
    const upper = spec.activation === "relu6" ? 6 : Infinity;
    const lower = (spec.activation ?? "none") === "none" ? -Infinity : 0;
    const rowsOf = (rows?: Float32Array) => (rows ? this.placeRows(rows, channels, stride) : 0);
    const placed: PlacedValue = {
      ...spec,
      address: this.allocate(12),
      stride,
      rawAddress: rowsOf(spec.raw ?? new Float32Array(count)),
      coefficientsAddress: rowsOf(spec.coefficients),
      gateAddress: rowsOf(spec.gate),
      gradientAddress: rowsOf(spec.gradient),
      sumsAddress: spec.parts === undefined ? 0 : this.place(new Float32Array(spec.parts * 2 * stride).fill(NaN)),
    };
    const view = new DataView(this.memory.buffer, placed.address);
    view.setUint32(0, placed.rawAddress, true);
    view.setUint32(4, placed.coefficientsAddress, true);
    view.setUint32(8, placed.gateAddress, true);
    view.setFloat32(12, lower, true);
    view.setFloat32(16, upper, true);
    view.setUint32(20, placed.gradientAddress, true);
    view.setUint32(24, placed.sumsAddress, true);
    for (const [index, field] of [height, width, channels, stride].entries()) {
      view.setInt32(28 + 4 * index, field, true);
    }
    return placed;
  }

  /** What lies in a value's raw buffer, dense. */
  raw({ rawAddress, batch, height, width, channels, stride }: PlacedValue): Float32Array {
    return this.readRows(rawAddress, batch * height * width, channels, stride);
  }

  gradient({ gradientAddress, batch, height, width, channels, stride }: PlacedValue): Float32Array {
    return this.readRows(gradientAddress, batch * height * width, channels, stride);
  }

  coefficients({ coefficientsAddress, channels, stride }: PlacedValue): Float32Array {
    return this.readRows(coefficientsAddress, 4, channels, stride);
  }

  /** Sums over all parts, `[2, channels]`. */
  sums({ sumsAddress, parts = 0, channels, stride }: PlacedValue): Float64Array {
    const sums = new Float64Array(2 * channels);
    for (let part = 0; part < parts; part++) {
      const dense = this.readRows(sumsAddress + part * 8 * stride, 2, channels, stride);
      for (const [index, sum] of dense.entries()) sums[index] += sum;
    }
    return sums;
  }

  step(fields: StepFields): number {
    const address = this.allocate(40);
    const view = new DataView(this.memory.buffer, address);
    const { parameters = [], gradients = [], saved = [] } = fields;
    const { step, seed, momentum } = fields.state ?? { step: 0, seed: 0, momentum: 0 };
    const state = this.allocate(3);
    const stateView = new DataView(this.memory.buffer, state);
    stateView.setInt32(0, step, true);
    stateView.setInt32(4, seed, true);
    stateView.setFloat32(8, momentum, true);
    // deno-fmt-ignore
    const numbers = [
      fields.batch, fields.input.address, fields.other?.address, fields.output.address,
      fields.kernel, fields.step, fields.padTop, fields.padLeft, Number(fields.training ?? false),
      parameters[0], parameters[1], parameters[2], parameters[3],
      gradients[0], gradients[1], gradients[2], gradients[3],
      fields.movingMean, fields.movingVariance, saved[0], saved[1], fields.inputMode, fields.otherMode, 0,
    ];
    for (const [index, number] of numbers.entries()) view.setInt32(4 * index, number ?? 0, true);
    view.setFloat32(96, fields.rate ?? 0, true);
    view.setInt32(100, fields.node ?? 0, true);
    view.setUint32(104, state, true);
    return address;
  }

  /** Runs all parts of `op` one after another, then its finishing call; checks that no scratch memory is overrun. */
  run(op: string, direction: "Forward" | "Backward", step: number, parts: number): void {
    const guarded = (count: number) => {
      const address = this.place(new Float32Array(count + guardFloats).fill(NaN));
      this.floats(address, count + guardFloats).fill(guard, count);
      return {
        address,
        check: () => this.floats(address + 4 * count, guardFloats).every((x) => x === Math.fround(guard)),
      };
    };
    const { kernels } = this;
    const partials = guarded(kernels[`${op}PartialFloats`](step, parts));
    new DataView(this.memory.buffer, step).setUint32(92, partials.address, true);
    for (let part = 0; part < parts; part++) {
      const scratch = guarded(kernels[`${op}ScratchFloats`](step));
      kernels[`${op}${direction}`](step, part, parts, scratch.address);
      assert(scratch.check(), `${op}${direction} overran its scratch memory`);
    }
    kernels[`${op}${direction}Finish`]?.(step, parts);
    assert(partials.check(), `${op}${direction} overran its partials`);
  }
}
