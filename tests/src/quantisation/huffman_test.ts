import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { countLevels, huffmanBits } from "../../../src/quantisation/huffman.ts";
import { quantisedSize } from "../../../src/quantisation/size.ts";

Deno.test("a Huffman code of known counts has the known length", () => {
  // The example of every textbook: 45, 13, 12, 16, 9, 5 take 224 bits.
  assertEquals(huffmanBits([45, 13, 12, 16, 9, 5]), 224);
  assertEquals(huffmanBits([7]), 7);
  assertEquals(huffmanBits([1, 1, 1, 1]), 8);
  assertEquals(huffmanBits([]), 0);
});

Deno.test("a Huffman code lies within a bit per symbol of the entropy", () => {
  fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 40 }), (counts) => {
    const total = counts.reduce((a, b) => a + b);
    const entropy = counts.reduce((sum, count) => sum - count * Math.log2(count / total), 0);
    const bits = huffmanBits(counts);
    assert(bits >= entropy - 1e-6 && bits <= entropy + total, `${bits} bits, entropy ${entropy}`);
  }));
});

Deno.test("levels are counted", () => {
  assertEquals(countLevels([3, 1, 3, 3, -2]).sort(), [1, 1, 3]);
});

Deno.test("a size counts levels, scales, code books and what is not quantised", () => {
  const size = quantisedSize(20, [{ levels: [0, 0, 0, 1, 0, 0, 0, 1], bits: 4, extraNumbers: 2 }]);
  // 12 full numbers and 2 scales of 32 bits; 8 levels of 4 bits, or of 1 bit and two code lengths.
  assertEquals(size, {
    fullBytes: 80,
    plainBytes: (14 * 32 + 32) / 8,
    huffmanBytes: Math.ceil((14 * 32 + 8 + 10) / 8),
  });
});
