// What networks said last of every training image, for losses that need more images than a batch has.
import * as tf from "@tensorflow/tfjs";
import { hashSeed, Random } from "../data/random.ts";
import { unitRows } from "./unit_rows.ts";

export interface MemoryBankOptions {
  /** Images. */
  count: number;
  /** Numbers per image. */
  width: number;
  /** Banks of this size: one per network. */
  sides: number;
  /** Share of the old row that stays. */
  momentum: number;
  seed: number;
}

export interface DrawnRows {
  /** Whose rows they are. */
  places: Uint32Array;
  /** Per side `[size, width]`. */
  sides: tf.Tensor2D[];
}

/** Unit rows `[count, width]` per side. Owns them: call `dispose`. */
export class MemoryBank {
  readonly #count: number;
  readonly #momentum: number;
  readonly #random: Random;
  // Images stand in a random order, so that any stretch of the bank is a draw: tfjs gathers a hundred times slower than it
  // copies.
  readonly #placeAt: Uint32Array;
  readonly #rowOf: Uint32Array;
  #banks: tf.Tensor2D[];

  /** Starts with random directions. */
  constructor({ count, momentum, seed, sides, width }: MemoryBankOptions) {
    this.#count = count;
    this.#momentum = momentum;
    this.#random = new Random(hashSeed(seed, "order"));
    this.#placeAt = Uint32Array.from({ length: count }, (_, row) => row);
    this.#random.shuffle(this.#placeAt);
    this.#rowOf = new Uint32Array(count);
    this.#placeAt.forEach((place, row) => this.#rowOf[place] = row);
    this.#banks = Array.from({ length: sides }, (_, side) => {
      const random = new Random(hashSeed(seed, side));
      const values = Float32Array.from({ length: count * width }, () => random.next() - 0.5);
      return tf.tidy(() => unitRows(tf.tensor2d(values, [count, width])));
    });
  }

  #rowsOf(places: Uint32Array): Int32Array {
    return Int32Array.from(places, (place) => this.#rowOf[place]);
  }

  /** Rows `[places.length, width]` of a side; the caller's. */
  rows(side: number, places: Uint32Array): tf.Tensor2D {
    return tf.tidy(() => tf.gather(this.#banks[side], tf.tensor1d(this.#rowsOf(places), "int32")));
  }

  /** Up to `size` images of the bank, each once, with the rows of all sides as they are now; the caller's. */
  draw(size: number): DrawnRows {
    const length = Math.min(size, this.#count);
    const start = this.#random.integer(this.#count);
    const first = Math.min(length, this.#count - start);
    return {
      places: Uint32Array.from({ length }, (_, at) => this.#placeAt[(start + at) % this.#count]),
      sides: this.#banks.map((bank) =>
        tf.keep(tf.tidy(() => {
          const upper = tf.slice(bank, start, first);
          return first === length ? upper : tf.concat([upper, tf.slice(bank, 0, length - first)]);
        }))
      ),
    };
  }

  /** Moves the rows at `places`, each there once, towards `rows` `[places.length, width]`, and back to length 1. */
  update(side: number, places: Uint32Array, rows: tf.Tensor2D): void {
    const old = this.#banks[side];
    this.#banks[side] = tf.keep(tf.tidy(() => {
      const moved = tf.add(tf.mul(this.rows(side, places), this.#momentum), tf.mul(rows, 1 - this.#momentum));
      const indices = tf.tensor2d(this.#rowsOf(places), [places.length, 1], "int32");
      return tf.tensorScatterUpdate(old, indices, unitRows(moved)) as tf.Tensor2D;
    }));
    old.dispose();
  }

  dispose(): void {
    tf.dispose(this.#banks);
  }
}
