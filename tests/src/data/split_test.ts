import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { splitOffTest, splitTraining } from "../../../src/data/split.ts";

const labelsOf = (counts: number[]) => Uint16Array.from(counts.flatMap((count, label) => new Array(count).fill(label)));

function countPerClass(labels: Uint16Array, indices: Uint32Array): number[] {
  const counts = new Array(1 + Math.max(...labels)).fill(0);
  for (const index of indices) counts[labels[index]]++;
  return counts;
}

Deno.test("splitTraining gives each image to exactly one part", () => {
  const labels = labelsOf([50, 30, 20]);
  const { train, validation } = splitTraining(labels, { seed: 3, validationImages: 10 });
  assertEquals([...train, ...validation].sort((a, b) => a - b), Array.from({ length: 100 }, (_, index) => index));
});

Deno.test("splitTraining keeps the shares of the classes", () => {
  const labels = labelsOf([50, 30, 20]);
  const { validation } = splitTraining(labels, { seed: 3, validationImages: 10 });
  assertEquals(countPerClass(labels, validation), [5, 3, 2]);
});

Deno.test("splitTraining holds out exactly as many as asked where shares are not whole", () => {
  const labels = labelsOf([41, 33, 26]);
  // Exact shares 4.51, 3.63, 2.86: one more for the two largest remainders.
  const { validation } = splitTraining(labels, { seed: 3, validationImages: 11 });
  assertEquals(countPerClass(labels, validation), [4, 4, 3]);
});

Deno.test("splitTraining holds out a sixth by default, at most 10,000, and never more than a quarter", () => {
  const held = (count: number, validationImages?: number) =>
    splitTraining(labelsOf([count / 2, count / 2]), { seed: 1, validationImages }).validation.length;
  assertEquals(held(600), 100);
  assertEquals(held(60_000), 10_000);
  assertEquals(held(90_000), 10_000);
  assertEquals(held(8000, 2000), 2000);
  assertEquals(held(100, 2000), 25);
});

Deno.test("splitTraining depends on the seed alone, and mixes the classes", () => {
  const labels = labelsOf([500, 500]);
  const first = splitTraining(labels, { seed: 1 });
  assertEquals(splitTraining(labels, { seed: 1 }), first);
  assertNotEquals(splitTraining(labels, { seed: 2 }).train, first.train);
  const [zeros] = countPerClass(labels, first.train.subarray(0, 200));
  assert(zeros > 70 && zeros < 130, `${zeros} of the first 200 are of class 0`);
});

Deno.test("splitTraining leaves a class its last image", () => {
  const labels = labelsOf([1, 19]);
  for (let seed = 0; seed < 20; seed++) {
    const { validation } = splitTraining(labels, { seed, validationImages: 5 });
    assertEquals(countPerClass(labels, validation)[0], 0);
  }
});

Deno.test("splitTraining refuses what cannot be split", () => {
  assertThrows(() => splitTraining(labelsOf([1, 1]), { seed: 1 }), RangeError, "Cannot split 2 images of 2 classes");
  assertThrows(() => splitTraining(labelsOf([9]), { seed: 1, validationImages: 0 }), RangeError, "is 0");
});

Deno.test("splitOffTest takes a fifth of each class with its pixels", () => {
  const labels = labelsOf([10, 20]);
  const images = Uint8Array.from({ length: 60 }, (_, index) => Math.floor(index / 2));
  const { train, test } = splitOffTest({ count: 30, images, labels });
  assertEquals([train.count, test.count], [24, 6]);
  assertEquals(test.labels.filter((label) => label === 0).length, 2);
  for (const set of [train, test]) {
    for (let row = 0; row < set.count; row++) {
      assertEquals(set.images[2 * row], set.images[2 * row + 1]);
      assertEquals(set.labels[row], labels[set.images[2 * row]]);
    }
  }
  assertEquals([...train.images, ...test.images].sort(), [...images].sort());
});
