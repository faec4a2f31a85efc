import { assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../../src/data/random.ts";
import { bilinearResizing } from "../../../src/teachers/bilinear.ts";

const random = new Random(1);
const values = (length: number) => Float32Array.from({ length }, () => random.normal());

Deno.test("resizing agrees with tfjs, between centres of pixels", async () => {
  await tf.setBackend("cpu");
  for (const to of [{ height: 7, width: 3 }, { height: 2, width: 9 }, { height: 4, width: 5 }]) {
    const from = { height: 4, width: 5 };
    const images = values(2 * 4 * 5 * 3);
    const found = bilinearResizing({ from, to, channels: 3 }).apply(images);
    const expected = tf.tidy(() =>
      tf.image.resizeBilinear(tf.tensor4d(images, [2, 4, 5, 3]), [to.height, to.width], false, true).dataSync()
    );
    assertEquals(found.length, expected.length);
    for (const [index, value] of expected.entries()) assertAlmostEquals(found[index], value, 1e-5);
  }
});

Deno.test("a constant image stays constant, and one pixel fills an image", () => {
  const resizing = bilinearResizing({ from: { height: 5, width: 5 }, to: { height: 8, width: 3 }, channels: 1 });
  assertEquals(new Set(resizing.apply(new Float32Array(25).fill(0.5))), new Set([0.5]));
  const grown = bilinearResizing({ from: { height: 1, width: 1 }, to: { height: 2, width: 2 }, channels: 2 });
  assertEquals([...grown.apply(Float32Array.of(1, 2))], [1, 2, 1, 2, 1, 2, 1, 2]);
});

Deno.test("the transpose is the transpose: <A x, y> = <x, A' y>", () => {
  const resizing = bilinearResizing({ from: { height: 4, width: 5 }, to: { height: 7, width: 3 }, channels: 2 });
  const [x, y] = [values(2 * 40), values(2 * 42)];
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, index) => sum + value * b[index], 0);
  assertAlmostEquals(dot(resizing.apply(x), y), dot(x, resizing.transpose(y)), 1e-4);
});
