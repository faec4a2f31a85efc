// All randomness of the project: seeded, small, and the same on every machine.

const STATE_WORDS = 4;

/**
 * The generator sfc32 (C. Doty-Humphrey, PractRand), its state filled by splitmix32 from one seed.
 * Same seed and same calls, same values. Not for cryptography.
 */
export class Random {
  #state: Uint32Array;

  /** `seed` is an integer, of which the low 32 bits count; RangeError otherwise. */
  constructor(seed: number) {
    if (!Number.isSafeInteger(seed)) throw new RangeError(`Cannot seed a generator: seed is ${seed}, not an integer`);
    // A plain loop: `from` with a callback takes ten times as long, and views draw from a generator per image.
    this.#state = new Uint32Array(STATE_WORDS);
    for (let word = 0; word < STATE_WORDS; word++) this.#state[word] = splitmix32(seed, word + 1);
  }

  /** The next number in [0, 1), a multiple of 2^-32. */
  next(): number {
    const state = this.#state;
    const b = state[1];
    const c = state[2];
    const sum = (state[0] + b + state[3]) >>> 0;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = rotateLeft(c, 21) + sum;
    state[3]++;
    return sum / 2 ** 32;
  }

  /** The next integer in [0, limit), for `limit` from 1 to 2^32; RangeError otherwise. */
  integer(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1 || limit > 2 ** 32) {
      throw new RangeError(`Cannot draw an integer: limit is ${limit}, not an integer from 1 to 2^32`);
    }
    return Math.floor(this.next() * limit);
  }

  /** The next draw from the standard normal distribution (Box and Muller 1958, cosine half only: no spare to save). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return radius * Math.cos(2 * Math.PI * this.next());
  }

  /** Shuffles `array` in place (Fisher and Yates). */
  shuffle<T>(array: T[] | Uint32Array): void {
    const items = array as T[];
    for (let last = items.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      const kept = items[last];
      items[last] = items[other];
      items[other] = kept;
    }
  }

  /** The state as JSON-able 32-bit integers; `Random.restore` continues from it. */
  snapshot(): number[] {
    return [...this.#state];
  }

  /** A generator that continues from a `snapshot`. RangeError if it is not one. */
  static restore(state: number[]): Random {
    const isState = state.length === STATE_WORDS && state.every((word) => word === word >>> 0);
    if (!isState) {
      throw new RangeError(
        `Cannot restore a generator: state is [${state}], not ${STATE_WORDS} unsigned 32-bit integers`,
      );
    }
    const random = new Random(0);
    random.#state = Uint32Array.from(state);
    return random;
  }
}

/** The `index`-th output of splitmix32, the 32-bit form of SplitMix (Steele et al. 2014). */
function splitmix32(seed: number, index: number): number {
  return finalMix((seed >>> 0) + Math.imul(index, 0x9e3779b9));
}

const numberBits = new DataView(new ArrayBuffer(8));

/**
 * A 32-bit seed made of `parts`, in order: MurmurHash3 (A. Appleby) over the bits of each part.
 * Kind and length count too, so ("a", "b"), ("ab") and (1), ("1") all differ.
 */
export function hashSeed(...parts: (number | string)[]): number {
  let hash = 0;
  for (const part of parts) {
    if (typeof part === "number") {
      // -0 + 0 is 0, so that equal numbers have equal bits.
      numberBits.setFloat64(0, part + 0);
      hash = mixWord(mixWord(hash, numberBits.getUint32(0)), numberBits.getUint32(4));
    } else {
      hash = mixWord(hash, ~part.length);
      for (let index = 0; index < part.length; index++) hash = mixWord(hash, part.charCodeAt(index));
    }
  }
  return finalMix(hash ^ parts.length);
}

function mixWord(hash: number, word: number): number {
  const scrambled = Math.imul(rotateLeft(Math.imul(word, 0xcc9e2d51), 15), 0x1b873593);
  return Math.imul(rotateLeft(hash ^ scrambled, 13), 5) + 0xe6546b64;
}

/** The finaliser of MurmurHash3: every bit of the input flips about half of the output bits. */
function finalMix(word: number): number {
  let mixed = word ^ (word >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
