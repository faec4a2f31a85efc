import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Random } from "../../../src/data/random.ts";
import { quantiseBuckets } from "../../../src/quantisation/buckets.ts";

const finite = fc.float({ min: -100, max: 100, noNaN: true });
const values = fc.array(finite, { minLength: 1, maxLength: 60 }).map((numbers) => Float32Array.from(numbers));

Deno.test("five levels of 0 to 1 are the quarters", () => {
  const { values, levels, buckets } = quantiseBuckets(Float32Array.of(0, 0.1, 0.24, 0.26, 1), {
    levels: 5,
    bucketSize: 256,
  });
  assertEquals([...values], [0, 0, 0.25, 0.25, 1]);
  assertEquals([...levels], [0, 0, 1, 1, 4]);
  assertEquals(buckets, 1);
});

Deno.test("quantised values stay what they are when quantised again", () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 2, max: 64 }), fc.integer({ min: 1, max: 20 }), (from, levels, size) => {
      const once = quantiseBuckets(from, { levels, bucketSize: size }).values;
      const twice = quantiseBuckets(once, { levels, bucketSize: size }).values;
      for (const [i, value] of once.entries()) assertAlmostEquals(twice[i], value, 1e-5);
    }),
  );
});

Deno.test("no value moves by more than half a level of its bucket", () => {
  fc.assert(
    fc.property(values, fc.integer({ min: 2, max: 64 }), fc.integer({ min: 1, max: 20 }), (from, levels, size) => {
      const quantised = quantiseBuckets(from, { levels, bucketSize: size }).values;
      for (let start = 0; start < from.length; start += size) {
        const bucket = from.subarray(start, start + size);
        const range = Math.max(...bucket) - Math.min(...bucket);
        for (const [i, value] of bucket.entries()) {
          assert(Math.abs(value - quantised[start + i]) <= range / (2 * (levels - 1)) + 1e-5);
        }
      }
    }),
  );
});

Deno.test("a bucket of one value only keeps it", () => {
  const { values } = quantiseBuckets(Float32Array.of(3, 3, 3, -1, -1, -1), { levels: 4, bucketSize: 3 });
  assertEquals([...values], [3, 3, 3, -1, -1, -1]);
});

Deno.test("stochastic rounding is unbiased", () => {
  const random = new Random(4);
  const from = Float32Array.of(0, 0.1, 0.37, 0.5, 0.81, 1);
  const sums = new Float64Array(from.length);
  const draws = 20_000;
  for (let draw = 0; draw < draws; draw++) {
    const { values } = quantiseBuckets(from, { levels: 3, bucketSize: 6, random });
    for (const [i, value] of values.entries()) sums[i] += value;
  }
  // Five standard errors: a draw deviates by at most a quarter.
  for (const [i, value] of from.entries()) assertAlmostEquals(sums[i] / draws, value, 5 * 0.25 / Math.sqrt(draws));
});

Deno.test("quantisation names a number of levels or a bucket that cannot be", () => {
  assertThrows(
    () => quantiseBuckets(Float32Array.of(1), { levels: 1, bucketSize: 4 }),
    RangeError,
    "2 to 65536 levels",
  );
  assertThrows(() => quantiseBuckets(Float32Array.of(1), { levels: 4, bucketSize: 0 }), RangeError, "at least 1 value");
});
