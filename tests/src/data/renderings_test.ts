import { assert, assertAlmostEquals, assertEquals, assertNotEquals } from "@std/assert";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { Random } from "../../../src/data/random.ts";
import { type RenderingName, renderingNames, renderings } from "../../../src/data/renderings.ts";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { barDataset } from "../training/fixtures.ts";

function drawn(
  name: RenderingName,
  values: ArrayLike<number>,
  { height, width, channels = 1, index = 0, seed = 1 }: {
    height: number;
    width: number;
    channels?: number;
    index?: number;
    seed?: number;
  },
): number[] {
  const pixels = Float32Array.from(values);
  renderings[name].draw({ pixels, height, width, channels, seed, index });
  return [...pixels];
}

Deno.test("edges are the lengths of the gradient, zero where nothing changes", () => {
  const step = [0, 0, 4, 4, 0, 0, 4, 4, 0, 0, 4, 4];
  assertEquals(drawn("edges", step, { height: 3, width: 4 }), [0, 2, 2, 0, 0, 2, 2, 0, 0, 2, 2, 0]);
  const corner = drawn("edges", [0, 0, 0, 0, 0, 3, 0, 4, 0], { height: 3, width: 3 });
  assertEquals(corner[4], 2.5);
  const plane = drawn("edges", [0, 9, 2, 9, 4, 9], { height: 1, width: 3, channels: 2 });
  assertEquals(plane, [1, 0, 2, 0, 1, 0]);
});

Deno.test("coarse images are means of blocks, also where they do not fit", () => {
  assertEquals(drawn("coarse", [1, 3, 5, 5, 7, 5], { height: 2, width: 3 }), [4, 4, 5, 4, 4, 5]);
  const random = new Random(1);
  const digit = Float32Array.from({ length: 28 * 28 }, () => random.normal());
  const coarse = drawn("coarse", digit, { height: 28, width: 28 });
  assertEquals(new Set(coarse).size, 49);
  const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
  assertAlmostEquals(mean(coarse), mean(digit), 1e-5);
});

Deno.test("noise belongs to the image, and inverting twice gives the image back", () => {
  const zeros = new Float32Array(2000);
  const shape = { height: 40, width: 50 };
  const noise = drawn("noisy", zeros, { ...shape, index: 3 });
  assertEquals(drawn("noisy", zeros, { ...shape, index: 3 }), noise);
  assertNotEquals(drawn("noisy", zeros, { ...shape, index: 4 }), noise);
  assertNotEquals(drawn("noisy", zeros, { ...shape, index: 3, seed: 2 }), noise);
  const square = noise.reduce((sum, value) => sum + value * value, 0) / noise.length;
  assertAlmostEquals(square, 1, 0.15);
  const inverted = drawn("inverted", [1, -2], { height: 1, width: 2 });
  assertEquals(inverted, [-1, 2]);
});

Deno.test("a reader draws the data's rendering of each image, and plain ones as they were", () => {
  const data = prepareTrainingData(barDataset(), { seed: 1, validationImages: 60 });
  const indices = data.train.subarray(0, 3);
  const imagesOf = (rendering?: RenderingName, view = 0) =>
    new BatchReader({ ...data, rendering }, 4).read(data.dataset.train, indices, view).images.slice();
  const plain = imagesOf();
  assertEquals(imagesOf("plain"), plain);
  for (const name of renderingNames) {
    for (const view of [0, 1]) {
      const source = imagesOf("plain", view);
      const expected = [...indices].flatMap((index, row) =>
        drawn(name, source.subarray(row * 64, (row + 1) * 64), { height: 8, width: 8, index, seed: 1 })
      );
      assertEquals([...imagesOf(name, view)], expected);
      assert(name === "plain" || expected.some((value, place) => value !== source[place]), name);
    }
  }
});
