import { assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { hashSeed, Random } from "../../../src/data/random.ts";

function draw(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.next());
}

Deno.test("Random follows sfc32 from a known state", () => {
  // By hand from the reference: sum = a + b + counter; a = b ^ b >> 9; b = c + (c << 3); c = rotl(c, 21) + sum.
  const random = Random.restore([1, 512, 3, 7]);
  assertEquals(random.next() * 2 ** 32, 520);
  assertEquals(random.snapshot(), [513, 27, 3 * 2 ** 21 + 520, 8]);
  assertEquals(random.next() * 2 ** 32, 548);
});

Deno.test("Random gives the same values for the same seed, and others for another", () => {
  assertEquals(draw(new Random(7), 5), draw(new Random(7), 5));
  assertNotEquals(draw(new Random(7), 5), draw(new Random(8), 5));
  assertNotEquals(draw(new Random(0), 5), draw(new Random(-1), 5));
});

Deno.test("Random keeps its values from version to version", () => {
  const random = new Random(42);
  assertEquals(Array.from({ length: 4 }, () => random.integer(1000)), [910, 364, 782, 883]);
});

Deno.test("Random.next is uniform in [0, 1)", () => {
  const counts = new Array(10).fill(0);
  for (const value of draw(new Random(1), 100_000)) counts[Math.floor(value * 10)]++;
  // Chi-squared with 9 degrees of freedom: 27.9 is exceeded once in a thousand seeds.
  const chiSquared = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  assertEquals(counts.length, 10);
  assertEquals(chiSquared < 27.9, true, `chi-squared is ${chiSquared}`);
});

Deno.test("Random.normal has mean 0, variance 1 and kurtosis 3", () => {
  const random = new Random(3);
  const values = Array.from({ length: 100_000 }, () => random.normal());
  const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
  assertAlmostEquals(moment(1), 0, 0.015);
  assertAlmostEquals(moment(2), 1, 0.02);
  assertAlmostEquals(moment(4), 3, 0.12);
});

Deno.test("Random.integer stays below its limit and reaches all values", () => {
  const random = new Random(5);
  const seen = new Set(Array.from({ length: 1000 }, () => random.integer(7)));
  assertEquals([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
  assertEquals(random.integer(1), 0);
});

Deno.test("Random.shuffle permutes, and every order is as likely", () => {
  const random = new Random(9);
  const counts = new Map<string, number>();
  for (let round = 0; round < 6000; round++) {
    const items = ["a", "b", "c"];
    random.shuffle(items);
    counts.set(items.join(""), (counts.get(items.join("")) ?? 0) + 1);
  }
  assertEquals([...counts.keys()].sort(), ["abc", "acb", "bac", "bca", "cab", "cba"]);
  for (const count of counts.values()) assertAlmostEquals(count, 1000, 130);

  const typed = Uint32Array.of(1, 2, 3, 4, 5);
  random.shuffle(typed);
  assertEquals([...typed].sort(), [1, 2, 3, 4, 5]);
});

Deno.test("Random.restore continues a snapshot that went through JSON", () => {
  const random = new Random(11);
  random.normal();
  const snapshot = JSON.parse(JSON.stringify(random.snapshot()));
  const expected = [random.next(), random.normal(), random.next()];
  const restored = Random.restore(snapshot);
  assertEquals([restored.next(), restored.normal(), restored.next()], expected);
});

Deno.test("Random refuses seeds, limits and states that are none", () => {
  assertThrows(() => new Random(0.5), RangeError, "seed is 0.5");
  assertThrows(() => new Random(1).integer(0), RangeError, "limit is 0");
  assertThrows(() => new Random(1).integer(2.5), RangeError, "limit is 2.5");
  assertThrows(() => Random.restore([1, 2, 3]), RangeError, "state is [1,2,3]");
  assertThrows(() => Random.restore([1, 2, 3, -4]), RangeError, "32-bit");
});

Deno.test("hashSeed depends on each part, their order, kind and borders", () => {
  const hashes = [
    hashSeed(),
    hashSeed(1),
    hashSeed("1"),
    hashSeed(1, 2),
    hashSeed(2, 1),
    hashSeed("a", "b"),
    hashSeed("ab"),
    hashSeed("ab", ""),
    hashSeed(0.5),
    hashSeed(-1),
  ];
  assertEquals(new Set(hashes).size, hashes.length);
  assertEquals(hashSeed("trial", 3), hashSeed("trial", 3));
  assertEquals(hashSeed(-0), hashSeed(0));
  for (const hash of hashes) assertEquals(hash, hash >>> 0);
});

Deno.test("hashSeed of neighbours differs in about half of the bits", () => {
  let flipped = 0;
  for (let part = 0; part < 1000; part++) {
    const difference = (hashSeed(1, part) ^ hashSeed(1, part + 1)) >>> 0;
    flipped += difference.toString(2).replaceAll("0", "").length;
  }
  assertAlmostEquals(flipped / 1000, 16, 0.5);
});
