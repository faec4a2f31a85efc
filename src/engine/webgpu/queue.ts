// What a network has asked for and not yet handed in. Programs are recorded when something is to be seen of them, all
// of a step in one command buffer.
import type { WebGpuEngine } from "./engine.ts";
import { encode, type Program } from "./program.ts";

export class Queue {
  readonly #engine: WebGpuEngine;
  #pending: Program[] = [];
  #disposed = false;
  /** Staging buffers that wait to be used again, by size; those of a read under way are not among them. */
  readonly #staging = new Map<number, GPUBuffer[]>();

  constructor(engine: WebGpuEngine) {
    this.#engine = engine;
  }

  /** Asks for `program`. */
  push(program: Program): void {
    if (program.pipelines.length > 0) this.#pending.push(program);
  }

  /** Whether `program` is asked for and not handed in, so that what it reads must not be written yet. */
  has(program: Program): boolean {
    return this.#pending.includes(program);
  }

  /** Hands in all that was asked for, and then what `record` records. */
  submit(record?: (encoder: GPUCommandEncoder) => void): void {
    const { device, beforeSubmit } = this.#engine;
    device.check();
    if (this.#pending.length === 0 && !record) return;
    for (const hook of beforeSubmit) hook();
    const encoder = device.gpu.createCommandEncoder();
    if (this.#pending.length > 0) {
      const pass = encoder.beginComputePass();
      for (const program of this.#pending) encode(pass, program);
      pass.end();
      this.#pending = [];
    }
    record?.(encoder);
    device.gpu.queue.submit([encoder.finish()]);
  }

  /** A copy of `floats` numbers of `buffer`, from number `first` on, after all that was asked for. */
  async read(buffer: GPUBuffer, floats: number, first = 0): Promise<Float32Array> {
    const { device } = this.#engine;
    const size = 4 * floats;
    if (size === 0) return new Float32Array(0);
    return await device.orLost(async () => {
      const staging = this.#staging.get(size)?.pop() ??
        device.gpu.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
      try {
        this.submit((encoder) => encoder.copyBufferToBuffer(buffer, 4 * first, staging, 0, size));
        await staging.mapAsync(GPUMapMode.READ);
        const numbers = new Float32Array(staging.getMappedRange().slice(0));
        staging.unmap();
        if (this.#disposed) staging.destroy();
        else this.#staging.set(size, [...(this.#staging.get(size) ?? []), staging]);
        return numbers;
      } catch (error) {
        staging.destroy();
        throw error;
      }
    });
  }

  /** Settles once all that was asked for is done. */
  async finish(): Promise<void> {
    const { device } = this.#engine;
    await device.orLost(async () => {
      this.submit();
      await device.gpu.queue.onSubmittedWorkDone();
    });
  }

  /** A read under way still ends, and destroys its staging buffer then. */
  dispose(): void {
    this.#disposed = true;
    for (const buffer of [...this.#staging.values()].flat()) buffer.destroy();
    this.#staging.clear();
    this.#pending = [];
  }
}
