import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Connector } from "../../../../src/distillation/features/connector.ts";
import { product } from "../../../../src/distillation/features/product.ts";
import type { Phase } from "../../../../src/distillation/distiller.ts";
import { assertTermGradient, disposeBatch, madeBatch, madeContext, madeTaps, randomTensor } from "../loss_checks.ts";

await tf.setBackend("cpu");

function largestDifference(a: tf.Tensor, b: tf.Tensor): number {
  assertEquals(a.shape, b.shape);
  return tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]);
}

Deno.test("products have the gradients of tfjs's own", () => {
  tf.tidy(() => {
    const [a, b] = [randomTensor([2, 3, 4], 1), randomTensor([2, 4, 5], 2)] as tf.Tensor3D[];
    const own = tf.grads((a, b) => tf.sum(tf.square(product(a, b))))([a, b]);
    const expected = tf.grads((a, b) => tf.sum(tf.square(tf.matMul(a, b))))([a, b]);
    own.forEach((gradient, index) => assert(largestDifference(gradient, expected[index]) < 1e-4));
  });
});

Deno.test("a connector is a convolution with a bias that starts at zero, the same for the same seed", () => {
  const before = tf.memory().numTensors;
  const connector = new Connector({ from: 3, to: 5, kernel: [2, 3], seed: 4 });
  const same = new Connector({ from: 3, to: 5, kernel: [2, 3], seed: 4 });
  tf.tidy(() => {
    const x = randomTensor([2, 6, 5, 3], 1) as tf.Tensor4D;
    const [filters, bias] = connector.variables;
    bias.assign(tf.tensor1d([1, 2, 3, 4, 5]));
    // Rows of the matrix: column of the kernel, row of the kernel, channel.
    const kernel = tf.transpose(tf.reshape(filters, [3, 2, 3, 5]), [1, 0, 2, 3]) as tf.Tensor4D;
    const expected = tf.add(tf.conv2d(x, kernel, 1, "valid"), bias);
    assert(largestDifference(connector.apply(x), expected) < 1e-5);
    assertEquals(largestDifference(same.variables[0], filters), 0);
    assertThrows(
      () => connector.apply(tf.zeros([2, 6, 5, 4])),
      RangeError,
      "a connector of 3 channels got 4",
    );
  });
  connector.dispose();
  same.dispose();
  assertEquals(tf.memory().numTensors, before);
});

Deno.test("a connector with batch norm gives every channel mean 0 and variance 1 at first", () => {
  const connector = new Connector({ from: 3, to: 4, batchNorm: true, seed: 4 });
  tf.tidy(() => {
    const x = tf.mul(randomTensor([8, 6, 5, 3], 1), 7) as tf.Tensor4D;
    const { mean, variance } = tf.moments(connector.apply(x), [0, 1, 2]);
    assert(largestDifference(mean, tf.zeros([4])) < 1e-4);
    assert(largestDifference(variance, tf.ones([4])) < 1e-3);
  });
  connector.dispose();
});

Deno.test("gradients of connectors agree with differences", () => {
  const context = madeContext({ student: madeTaps([[4, 4, 3]]), teachers: [] });
  for (const options of [{}, { kernel: [3, 2] }, { batchNorm: true }] as const) {
    const connector = new Connector({ from: 3, to: 4, seed: 4, ...options });
    const phase: Phase = {
      name: JSON.stringify(options),
      share: 1,
      taskWeight: 0,
      studentFeatures: ["stage1"],
      variables: connector.variables,
      term: ({ student }) => {
        const output = connector.apply(student.features.stage1 as tf.Tensor4D);
        return tf.mean(tf.square(tf.sub(output, randomTensor(output.shape, 9))));
      },
    };
    const batch = madeBatch(context, phase);
    assertTermGradient(phase, batch);
    disposeBatch(batch);
    connector.dispose();
  }
});
