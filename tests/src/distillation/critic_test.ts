import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Critic, hingeLoss } from "../../../src/distillation/critic.ts";
import {
  halved,
  leakyRelu,
  SelfAttention,
  SpectralMatrix,
  stridedPatches,
} from "../../../src/distillation/critic_layers.ts";
import { randomTensor } from "./loss_checks.ts";

await tf.setBackend("cpu");

Deno.test("patches times a matrix are a 4x4 convolution with stride 2", () => {
  tf.tidy(() => {
    const images = randomTensor([2, 6, 4, 3], 1) as tf.Tensor4D;
    const filter = randomTensor([4, 4, 3, 5], 2) as tf.Tensor4D;
    const expected = tf.conv2d(images, filter, 2, [[0, 0], [1, 1], [1, 1], [0, 0]]);
    // Rows of the filter in the order of the patches: which block, which pixel of it, which channel.
    const split = tf.reshape(filter, [2, 2, 2, 2, 3 * 5]);
    const matrix = tf.reshape(tf.transpose(split, [0, 2, 1, 3, 4]), [48, 5]) as tf.Tensor2D;
    const actual = tf.reshape(tf.matMul(tf.concat(stridedPatches(images), 1), matrix), expected.shape);
    assertAlmostEquals(tf.max(tf.abs(tf.sub(actual, expected))).dataSync()[0], 0, 1e-4);
    assertThrows(() => stridedPatches(tf.zeros([1, 3, 4, 1])), RangeError, "an even height and width, got 3x4");
  });
});

Deno.test("halving takes the mean of two by two pixels", () => {
  tf.tidy(() => {
    const maps = randomTensor([2, 6, 4, 3], 1) as tf.Tensor4D;
    const expected = tf.avgPool(maps, 2, 2, "valid");
    assertAlmostEquals(tf.max(tf.abs(tf.sub(halved(maps), expected))).dataSync()[0], 0, 1e-6);
  });
});

Deno.test("a spectral matrix has the size 1", () => {
  const matrix = new SpectralMatrix(3, 2, 1);
  tf.tidy(() => {
    matrix.weight.assign(tf.tensor2d([[3, 0], [0, 1], [0, 0]]));
    for (let round = 0; round < 20; round++) matrix.estimate();
    const values = [...matrix.multiply(tf.tensor2d([[1, 0, 0], [0, 1, 0]])).dataSync()];
    for (const [index, expected] of [1, 0, 0, 1 / 3].entries()) assertAlmostEquals(values[index], expected, 1e-4);
  });
  matrix.dispose();
});

Deno.test("attention leaves its input as it is at first", () => {
  const attention = new SelfAttention(8, 1);
  tf.tidy(() => {
    const x = randomTensor([2, 3, 3, 8], 3) as tf.Tensor4D;
    assertAlmostEquals(tf.max(tf.abs(tf.sub(attention.apply(x), x))).dataSync()[0], 0, 1e-6);
  });
  attention.dispose();
});

Deno.test("the leaky activation keeps a tenth below zero", () => {
  const values = tf.tidy(() => [...leakyRelu(tf.tensor1d([-2, 0, 3])).dataSync()]);
  for (const [index, expected] of [-0.2, 0, 3].entries()) assertAlmostEquals(values[index], expected, 1e-6);
});

Deno.test("the hinge loss is 2 for scores of 0 and 0 beyond the margins", () => {
  tf.tidy(() => {
    assertEquals(hingeLoss(tf.zeros([3]), tf.zeros([3])).dataSync()[0], 2);
    assertEquals(hingeLoss(tf.tensor1d([1, 2]), tf.tensor1d([-1, -4])).dataSync()[0], 0);
  });
});

Deno.test("a critic learns to tell maps apart, and its gradient agrees with differences", () => {
  const before = tf.memory().numTensors;
  const critic = new Critic({ channels: 2, learningRate: 1e-3, seed: 1 });
  const sharp = tf.tidy(() => tf.softmax(randomTensor([3, 12, 12, 2], 4, 5))) as tf.Tensor4D;
  const flat = tf.tidy(() => tf.softmax(randomTensor([3, 12, 12, 2], 5, 0.2))) as tf.Tensor4D;
  const losses = Array.from({ length: 10 }, () => {
    const loss = critic.train(sharp, flat);
    const [value] = loss.dataSync();
    loss.dispose();
    return value;
  });
  assert(losses[9] < 0.7 * losses[0], `losses ${losses}`);
  tf.tidy(() => {
    const { grads } = tf.variableGrads(() => tf.mean(critic.score(sharp)) as tf.Scalar, critic.variables);
    for (const variable of critic.variables) {
      const gradient = grads[variable.name];
      const norm = tf.norm(gradient).dataSync()[0];
      assert(norm > 0, `no gradient of ${variable.shape}`);
      const kept = variable.clone();
      const step = 2e-3;
      const valueAt = (length: number) => {
        variable.assign(tf.add(kept, tf.mul(gradient, length / norm)) as tf.Tensor);
        return tf.mean(critic.score(sharp)).dataSync()[0];
      };
      const measured = (valueAt(step) - valueAt(-step)) / (2 * step);
      variable.assign(kept);
      assertAlmostEquals(measured, norm, 0.05 * norm + 2e-4);
    }
  });
  tf.dispose([sharp, flat]);
  critic.dispose();
  assertEquals(tf.memory().numTensors, before);
});
