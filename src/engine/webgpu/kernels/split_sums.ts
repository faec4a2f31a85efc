// Adds up what workgroups found of the gradients of weights, for many layers in one dispatch. In the order of the
// splits, so that the same step gives the same bits.
import type { Memory } from "../memory.ts";
import type { NetworkMemory } from "../network_memory.ts";
import { type Dispatch, Shader } from "../shader.ts";

// Weights of one workgroup.
const threads = 64;

// Layers are added up before their sums would take more than this.
const mostFloats = 2 ** 24;

interface Layer {
  /** Place in the flat vector. */
  offset: number;
  size: number;
  splits: number;
  /** Place in the arena. */
  from: number;
}

/** A table that is written once, after {@linkcode Memory} has buffers. */
export interface Table {
  memory: Memory;
  values: Uint32Array<ArrayBuffer>;
}

export class SplitSums {
  readonly #memory: NetworkMemory;
  readonly #tables: Table[];
  #arena: Memory | undefined;
  #layers: Layer[] = [];

  /** `tables` takes the tables that are to be written. */
  constructor(memory: NetworkMemory, tables: Table[]) {
    this.#memory = memory;
    this.#tables = tables;
  }

  /** Whether the layers so far should be added up before one of `floats` comes. */
  isFull(): boolean {
    return (this.#arena?.floats ?? 0) > mostFloats;
  }

  /**
   * Where a layer's `splits` times `size` sums go, to be added up to `offset` of the gradient: with one split the
   * gradient itself.
   */
  place(layer: Omit<Layer, "from">): { memory: Memory; offset: number } {
    if (layer.splits === 1) return { memory: this.#memory.gradient, offset: layer.offset };
    this.#arena ??= this.#memory.add("sums of weight gradients", 0);
    const from = this.#arena.floats;
    this.#arena.floats += layer.size * layer.splits;
    this.#layers.push({ ...layer, from });
    return { memory: this.#arena, offset: from };
  }

  /** The dispatch that adds up all layers since the last; none where there are none. */
  finish(): Dispatch[] {
    if (!this.#arena) return [];
    const arena = this.#arena;
    // Of each workgroup: place in the arena, place in the gradient, weights left, splits, and the layer's size.
    const entries: number[] = [];
    for (const { offset, size, splits, from } of this.#layers) {
      for (let start = 0; start < size; start += threads) {
        entries.push(from + start, offset + start, size - start, splits, size, 0, 0, 0);
      }
    }
    const table: Table = {
      memory: this.#memory.add("table of weight gradients", entries.length),
      values: Uint32Array.from(entries),
    };
    this.#tables.push(table);
    this.#arena = undefined;
    this.#layers = [];
    const shader = new Shader("sums of weight gradients");
    shader.read("sums", arena);
    shader.read("groups", table.memory, "u32");
    shader.write("gradient", this.#memory.gradient);
    const body = `
  let entry = 8u * tile;
  if (local >= groups[entry + 2u]) { return; }
  var at = groups[entry] + local;
  let splits = groups[entry + 3u];
  let stride = groups[entry + 4u];
  var sum = 0.0;
  for (var split = 0u; split < splits; split++) {
    sum = sum + sums[at];
    at = at + stride;
  }
  gradient[groups[entry + 1u] + local] = sum;`;
    return [shader.dispatch({ tiles: entries.length / 8, threads, body })];
  }
}
