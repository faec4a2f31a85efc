import { assert, assertAlmostEquals, assertEquals, assertRejects, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { drawInPose, poseErrors, regression } from "../../../src/tasks/regression.ts";
import { retrieval } from "../../../src/tasks/retrieval.ts";
import { taskOf } from "../../../src/tasks/table.ts";

await tf.setBackend("cpu");

const side = 32;

/** Place of the light's centre on the canvas, from its middle. */
function centreOf(canvas: Float32Array): { right: number; down: number; light: number } {
  let [right, down, light] = [0, 0, 0];
  for (const [index, value] of canvas.entries()) {
    right += value * (index % side - (side - 1) / 2);
    down += value * (Math.floor(index / side) - (side - 1) / 2);
    light += value;
  }
  return { right: right / light, down: down / light, light };
}

/** A digit image with a square of 4 pixels around a place, counted from the middle. */
function squareAt(right: number, down: number): Uint8Array {
  const digit = new Uint8Array(28 * 28);
  for (let row = 0; row < 28; row++) {
    for (let column = 0; column < 28; column++) {
      if (Math.abs(column - 13.5 - right) <= 2 && Math.abs(row - 13.5 - down) <= 2) digit[row * 28 + column] = 255;
    }
  }
  return digit;
}

Deno.test("a pose turns counter-clockwise about the middle, then shifts", () => {
  const out = new Float32Array(side * side);
  drawInPose(squareAt(8, 0), { angle: 0, right: 0, down: 0 }, out);
  let centre = centreOf(out);
  assertAlmostEquals(centre.right, 6, 0.05);
  assertAlmostEquals(centre.down, 0, 0.05);
  const { light } = centre;
  drawInPose(squareAt(8, 0), { angle: Math.PI / 6, right: 3, down: -2 }, out);
  centre = centreOf(out);
  assertAlmostEquals(centre.right, 3 + 6 * Math.cos(Math.PI / 6), 0.1);
  assertAlmostEquals(centre.down, -2 - 6 * Math.sin(Math.PI / 6), 0.1);
  assertAlmostEquals(centre.light / light, 1, 0.05);
});

Deno.test("errors of poses are in degrees the short way round, and in pixels", () => {
  const radians = (degrees: number) => degrees * Math.PI / 180;
  const rows = (...poses: [degrees: number, x: number, y: number][]) =>
    Float32Array.from(
      poses.flatMap(([degrees, x, y]) => [Math.sin(radians(degrees)), Math.cos(radians(degrees)), x, y]),
    );
  const { angleErrorDegrees, positionErrorPixels } = poseErrors(
    rows([170, 0, 0], [10, 0.5, 0]),
    rows([-170, 0.5, 0], [0, 0, 0]),
  );
  assertAlmostEquals(angleErrorDegrees, 15, 1e-3);
  assertAlmostEquals(positionErrorPixels, 3, 1e-6);
});

Deno.test("regression data is the same for the same seed, and its targets are poses", async () => {
  const options = { seed: 4, trainImages: 50, testImages: 20 };
  const data = await regression.makeData(options);
  const again = await regression.makeData(options);
  const other = await regression.makeData({ ...options, seed: 5 });
  assertEquals(data.train.images, again.train.images);
  assert(data.train.images.some((value, index) => value !== other.train.images[index]));
  assertEquals([data.train.count, data.test.count, data.train.images.length], [50, 20, 50 * side * side]);
  const { values: { values, shape } } = data.train.targets([3, 7]);
  assertEquals(shape, [2, 4]);
  for (const row of [values.subarray(0, 4), values.subarray(4)]) {
    assertAlmostEquals(Math.hypot(row[0], row[1]), 1, 1e-6);
    assert(row[1] >= 0.5, "a turn of at most 60 degrees");
    assert(Math.abs(row[2]) <= 1 && Math.abs(row[3]) <= 1);
  }
  const mean = data.train.images.reduce((sum, value) => sum + value, 0) / data.train.images.length;
  assertAlmostEquals(mean, 0, 1e-3);
});

Deno.test("the regression's loss is the mean over images of the squared distance", () => {
  const value = tf.tidy(() =>
    regression.loss({ values: tf.tensor2d([[1, 0, 0, 0], [0, 2, 0, 1]]) }, { values: tf.zeros([2, 4]) }).dataSync()[0]
  );
  assertEquals(value, 3);
});

Deno.test("retrieval trains on 0 to 6 and asks for 7 to 9", async () => {
  const { test, train } = await retrieval.makeData({ seed: 2, trainImages: 200, testImages: 2500 });
  assertEquals([...new Set(train.labels)].sort(), [0, 1, 2, 3, 4, 5, 6]);
  assertEquals([...new Set(test.labels)].sort(), [7, 8, 9]);
  const { labels } = train.targets([5, 6]);
  assertEquals(labels.shape, [2, 7]);
  assertEquals(labels.values.indexOf(1), train.labels[5]);
  assertEquals(labels.values.lastIndexOf(1), 7 + train.labels[6]);
});

Deno.test("more digits than there are, tasks that do not exist and networks without an embedding are refused", async () => {
  await assertRejects(
    async () => await regression.makeData({ seed: 1, trainImages: 9000, testImages: 10 }),
    RangeError,
    "not 9000",
  );
  await assertRejects(
    async () => await retrieval.makeData({ seed: 1, trainImages: 10, testImages: 5000 }),
    RangeError,
    "of the digits 7, 8, 9",
  );
  assertThrows(() => taskOf("regresion"), RangeError, 'unknown task "regresion"');
  const data = await retrieval.makeData({ seed: 1, trainImages: 10, testImages: 10 });
  assertThrows(() => retrieval.createHead({ stages: [], outputs: 1 }, { data, seed: 1 }), RangeError, "embedding");
});
