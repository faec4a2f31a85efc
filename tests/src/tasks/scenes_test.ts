import { assert, assertEquals, assertRejects } from "@std/assert";
import { makeScenes, type Scene, sceneSize } from "../../../src/tasks/scenes.ts";
import { allTargets, makeSceneData } from "../../../src/tasks/scenes_data.ts";

const { train, test } = await makeScenes({ seed: 3, trainImages: 60, testImages: 20 });

function pixelsOf({ mask }: Scene, type: number): number[] {
  return [...mask.keys()].filter((place) => mask[place] === type);
}

Deno.test("the same seed gives the same scenes, however many are asked for", async () => {
  const fewer = await makeScenes({ seed: 3, trainImages: 10, testImages: 5 });
  assertEquals(fewer.train, train.slice(0, 10));
  assertEquals(fewer.test, test.slice(0, 5));
  const other = await makeScenes({ seed: 4, trainImages: 1, testImages: 1 });
  assert(other.train[0].objects[0].box.join() !== train[0].objects[0].box.join());
});

Deno.test("scenes hold one to three digits of all classes inside the canvas", () => {
  const counts = new Set(train.map(({ objects }) => objects.length));
  assertEquals([...counts].sort(), [1, 2, 3]);
  assertEquals(new Set(train.flatMap(({ objects }) => objects.map(({ digit }) => digit))).size, 10);
  for (const { image, objects } of [...train, ...test]) {
    assert(image.every((grey) => grey >= 0 && grey <= 1));
    for (const { box: [left, top, right, bottom] } of objects) {
      assert(left >= 0 && top >= 0 && right <= sceneSize && bottom <= sceneSize && right > left && bottom > top);
    }
  }
});

Deno.test("a digit's larger side is 26 pixels over its distance, and nearer digits come last", () => {
  for (const { objects } of train) {
    for (const [index, { box: [left, top, right, bottom], depth }] of objects.entries()) {
      assertEquals(Math.max(right - left, bottom - top), Math.round(26 / depth));
      if (index > 0) assert(depth <= objects[index - 1].depth);
    }
  }
});

Deno.test("mask and depth agree: each digit's pixels lie in its box and at its distance", () => {
  for (
    const scene of train.filter(({ objects }) => new Set(objects.map(({ digit }) => digit)).size === objects.length)
  ) {
    for (const { box: [left, top, right, bottom], digit, depth } of scene.objects) {
      const pixels = pixelsOf(scene, digit + 1);
      assert(pixels.length > 30, `${pixels.length} pixels of a ${digit}`);
      for (const place of pixels) {
        const [row, column] = [Math.floor(place / sceneSize), place % sceneSize];
        assert(row >= top - 1 && row <= bottom && column >= left - 1 && column <= right);
        assertEquals(scene.depth[place], Math.fround(depth));
      }
    }
    for (const place of pixelsOf(scene, 0)) {
      assert(scene.depth[place] >= 3 && scene.depth[place] <= 4);
      assert(scene.image[place] < 0.3, `ink of ${scene.image[place]} on the background`);
    }
  }
});

Deno.test("targets come in the order asked for, images normalised by the training part", async () => {
  const data = await makeSceneData({ seed: 3, trainImages: 60, testImages: 20 }, {
    depth: { shape: [sceneSize, sceneSize], of: ({ depth }) => depth },
  });
  const { depth, image } = data.train.targets([5, 2]);
  assertEquals(depth.shape, [2, sceneSize, sceneSize]);
  assertEquals(depth.values.slice(0, sceneSize ** 2), train[5].depth);
  assertEquals(depth.values.slice(sceneSize ** 2), train[2].depth);
  assertEquals(image.values.slice(sceneSize ** 2), data.train.images.slice(2 * sceneSize ** 2, 3 * sceneSize ** 2));
  const mean = data.train.images.reduce((sum, value) => sum + value, 0) / data.train.images.length;
  const squares = data.train.images.reduce((sum, value) => sum + value ** 2, 0) / data.train.images.length;
  assert(Math.abs(mean) < 1e-3 && Math.abs(squares - 1) < 1e-2, `mean ${mean}, squares ${squares}`);
  assertEquals(allTargets(data.test, "depth").shape, [20, sceneSize, sceneSize]);
});

Deno.test("a number of scenes that is none is refused", async () => {
  await assertRejects(
    () => makeScenes({ seed: 1, trainImages: 0, testImages: 1 }),
    RangeError,
    "trainImages must be a positive integer, got 0",
  );
});
