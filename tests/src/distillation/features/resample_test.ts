import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { lineWeights, Resampler } from "../../../../src/distillation/features/resample.ts";
import { randomTensor } from "../loss_checks.ts";

await tf.setBackend("cpu");

function assertClose(actual: tf.Tensor, expected: tf.Tensor): void {
  assertEquals(actual.shape, expected.shape);
  const largest = tf.tidy(() => tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0]);
  assert(largest < 1e-5, `${largest} apart`);
}

Deno.test("a line shrinks to means of its windows and grows by interpolation", () => {
  // Windows of 5 -> 3: 0 to 2, 1 to 4, 3 to 5.
  assertEquals([...lineWeights(5, 3)].map((weight) => +weight.toFixed(4)), [
    ...[0.5, 0, 0],
    ...[0.5, 0.3333, 0],
    ...[0, 0.3333, 0],
    ...[0, 0.3333, 0.5],
    ...[0, 0, 0.5],
  ]);
  assertEquals([...lineWeights(2, 4)], [1, 0.75, 0.25, 0, 0, 0.25, 0.75, 1]);
  assertEquals([...lineWeights(1, 3)], [1, 1, 1]);
});

Deno.test("features are pooled as average pooling does and enlarged as bilinear resizing does", () => {
  const before = tf.memory().numTensors;
  const resampler = new Resampler();
  tf.tidy(() => {
    const x = randomTensor([2, 8, 6, 3], 1) as tf.Tensor4D;
    assertClose(resampler.resize(x, [4, 3]), tf.avgPool(x, 2, 2, "valid"));
    assertClose(resampler.resize(x, [1, 1]), tf.mean(x, [1, 2], true));
    assertClose(resampler.resize(x, [13, 17]), tf.image.resizeBilinear(x, [13, 17], false, true));
    assertClose(
      resampler.resize(tf.slice(x, [0, 0, 0, 0], [2, 8, 6, 1]), [4, 3]),
      tf.avgPool(tf.slice(x, [0, 0, 0, 0], [2, 8, 6, 1]), 2, 2, "valid"),
    );
    assertEquals(resampler.resize(x, [8, 6]), x);
  });
  resampler.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("resizing has the gradient of the same matrix", () => {
  tf.tidy(() => {
    const resampler = new Resampler();
    const x = randomTensor([2, 5, 4, 3], 1) as tf.Tensor4D;
    const direction = randomTensor([2, 5, 4, 3], 2) as tf.Tensor4D;
    const weights = randomTensor([2, 2, 7, 3], 3);
    const value = (x: tf.Tensor) => tf.sum(tf.mul(resampler.resize(x as tf.Tensor4D, [2, 7]), weights));
    const slope = tf.sum(tf.mul(tf.grad(value)(x), direction)).dataSync()[0];
    // Linear, so that the value along the direction is the slope.
    assertAlmostEquals(value(direction).dataSync()[0], slope, 1e-4);
    resampler.dispose();
  });
});
