import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Random } from "../../../src/data/random.ts";
import { colourOperations } from "../../../src/procedures/noisy_student/colour_operations.ts";
import { geometricOperations } from "../../../src/procedures/noisy_student/geometric_operations.ts";
import {
  type ImageOperation,
  imageOperations,
  randAugment,
} from "../../../src/procedures/noisy_student/rand_augment.ts";

const colour: Record<keyof typeof colourOperations, ImageOperation> = colourOperations;
const grey = { height: 6, width: 6, channels: 1 };
const coloured = { height: 6, width: 6, channels: 3 };

function drawn(length: number, seed: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length }, () => random.integer(256));
}

Deno.test("grey images have no operation of colours, coloured ones have all 14", () => {
  assertEquals(Object.keys(imageOperations(coloured)).length, 14);
  assert(!("color" in imageOperations(grey)));
});

Deno.test("every operation gives an image of the same size and leaves its input alone", () => {
  const level = fc.double({ min: 0, max: 1, noNaN: true });
  for (const shape of [grey, coloured]) {
    for (const [name, operation] of Object.entries(imageOperations(shape))) {
      fc.assert(
        fc.property(fc.integer(), level, fc.constantFrom(1 as const, -1 as const), (seed, strength, sign) => {
          const image = drawn(36 * shape.channels, seed);
          const copy = image.slice();
          assertEquals(operation(image, shape, strength, sign).length, image.length, name);
          assertEquals(image, copy, name);
        }),
        { numRuns: 20 },
      );
    }
  }
});

Deno.test("operations of no strength change nothing, but for those that have none", () => {
  const image = drawn(108, 3);
  const { autoContrast: _stretch, equalize: _even, ...others } = { ...colourOperations, ...geometricOperations };
  for (const [name, operation] of Object.entries(others)) {
    assertEquals([...operation(image, coloured, 0, 1)], [...image], name);
  }
});

Deno.test("operations at full strength are what they are called", () => {
  const ramp = Uint8Array.from({ length: 36 }, (_, place) => 50 + 2 * place);
  const stretched = colour.autoContrast(ramp, grey, 0, 1);
  assertEquals([stretched[0], stretched[35]], [0, 255]);
  assertEquals([...colour.solarize(ramp, grey, 1, 1)], [...ramp].map((byte) => 255 - byte));
  assert(colour.posterize(ramp, grey, 1, 1).every((byte) => byte % 16 === 0));
  const dark = colour.brightness(ramp, grey, 1, -1);
  assertEquals([...dark], [...ramp].map((byte) => Math.round(0.1 * byte)));
  const flat = colour.contrast(ramp, grey, 1, -1);
  assert(flat[35] - flat[0] < 0.2 * (ramp[35] - ramp[0]));
  assertEquals([...colour.equalize(new Uint8Array(36).fill(7), grey, 0, 1)], new Array(36).fill(7));
  // Three pixels of 6 are 0.453 of the width, rounded.
  const row = geometricOperations.translateX(ramp, grey, 1, 1).subarray(0, 6);
  assertEquals([...row], [ramp[3], ramp[4], ramp[5], 0, 0, 0]);
});

Deno.test("a rotation there and back is the image where it did not leave it", () => {
  const shape = { height: 21, width: 21, channels: 1 };
  const image = new Uint8Array(441);
  for (let y = 5; y < 16; y++) for (let x = 5; x < 16; x++) image[y * 21 + x] = 200;
  const back = geometricOperations.rotate(geometricOperations.rotate(image, shape, 0.7, 1), shape, 0.7, -1);
  const wrong = back.reduce((count, byte, place) => count + (byte === image[place] ? 0 : 1), 0);
  assert(wrong < 20, `${wrong} pixels differ`);
});

Deno.test("the same seed draws the same changes, no operations draw none", () => {
  const image = drawn(108, 9);
  const options = { operations: 2, magnitude: 20 };
  assertEquals(
    randAugment(image, coloured, options, new Random(1)),
    randAugment(image, coloured, options, new Random(1)),
  );
  const random = new Random(2);
  const different = Array.from({ length: 20 }, () => randAugment(image, coloured, options, random).join());
  assert(new Set(different).size > 10);
  assertEquals(randAugment(image, coloured, { operations: 0, magnitude: 30 }, random), image);
});
