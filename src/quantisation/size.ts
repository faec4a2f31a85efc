import { codeBookBits, countLevels, huffmanBits } from "./huffman.ts";

/** A quantised tensor, as its size needs it. */
export interface QuantisedTensor {
  levels: ArrayLike<number>;
  /** Bits of a level in a plain array. */
  bits: number;
  /** Numbers of 32 bits that go with it: scales, offsets, points. */
  extraNumbers: number;
}

/** Bytes of a network, of which `tensors` are quantised and all other numbers have 32 bits. */
export interface QuantisedSize {
  fullBytes: number;
  /** Levels in plain arrays of their bits. */
  plainBytes: number;
  /** Levels in a Huffman code of each tensor's own. */
  huffmanBytes: number;
}

/** `numbers`: of all parameters and moving averages. */
export function quantisedSize(numbers: number, tensors: readonly QuantisedTensor[]): QuantisedSize {
  let plainBits = 0;
  let huffman = 0;
  let rest = numbers;
  for (const { levels, bits, extraNumbers } of tensors) {
    const counts = countLevels(levels);
    rest -= levels.length;
    plainBits += levels.length * bits + 32 * extraNumbers;
    huffman += huffmanBits(counts) + codeBookBits(counts.length) + 32 * extraNumbers;
  }
  const bytes = (bits: number) => Math.ceil((bits + 32 * rest) / 8);
  return { fullBytes: 4 * numbers, plainBytes: bytes(plainBits), huffmanBytes: bytes(huffman) };
}
