// Hands out a network's memory from front to back; nothing is given back before the whole.
import type { Address } from "./module.ts";

const alignment = 64;

/** Places in a memory. Only the place itself is worked out: the memory may be smaller as long as nobody touches it. */
export class Arena {
  readonly memory: WebAssembly.Memory;
  #next: Address;

  /** The places begin at `start`. */
  constructor(memory: WebAssembly.Memory, start: Address) {
    this.memory = memory;
    this.#next = start;
  }

  /** Bytes from the memory's beginning to the end of the last place. */
  get end(): number {
    return this.#next;
  }

  /** A place of `bytes`, aligned to a cache line. */
  take(bytes: number): Address {
    const address = Math.ceil(this.#next / alignment) * alignment;
    this.#next = address + bytes;
    return address;
  }

  /** A place of `count` floats, their values not set. */
  takeFloats(count: number): Address {
    return this.take(4 * count);
  }

  floats(address: Address, count: number): Float32Array {
    return new Float32Array(this.memory.buffer, address, count);
  }

  integers(address: Address, count: number): Int32Array {
    return new Int32Array(this.memory.buffer, address, count);
  }
}
