import { assert, assertEquals, assertThrows } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { startBackend } from "../../../src/engine/backend.ts";
import { batchNormActivation, batchNormActivationKernel } from "../../../src/ops/batch_norm.ts";
import type { Activation } from "../../../src/schemas/architecture.ts";
import { assertClose, assertFiniteDifferences, runOn, type Values, values } from "../engine/numeric.ts";

await startBackend("wasm");

const activations: Activation[] = ["none", "relu", "relu6"];
const epsilon = 1e-3;

// Scaled and shifted so that relu6 cuts on both sides.
function inputs(shape: number[]): Values[] {
  const channels = shape[shape.length - 1];
  const gamma = values([channels], 12);
  const beta = values([channels], 13);
  gamma.data.forEach((value, index) => gamma.data[index] = 3 + value);
  beta.data.forEach((value, index) => beta.data[index] = 3 + 3 * value);
  return [values(shape, 11), gamma, beta];
}

// One tensor of y, mean and variance, so that one upstream gradient reaches all three.
function allOutputs(activation: Activation) {
  return (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor): tf.Tensor => {
    const { y, mean, variance } = batchNormActivation(x, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
      epsilon,
      activation,
    });
    return tf.concat([tf.reshape(y, [-1]), mean, variance]);
  };
}

Deno.test("the statistics are the mean and the biased variance over all axes but the last", async () => {
  const x = { shape: [2, 1, 2, 1], data: Float32Array.of(1, 2, 3, 6) };
  const ones = { shape: [1], data: Float32Array.of(1) };
  const zeros = { shape: [1], data: Float32Array.of(0) };
  for (const backend of ["cpu", "wasm"] as const) {
    const [y, mean, variance] = await runOn(backend, [x, ones, zeros], (x, gamma, beta) => {
      const outputs = batchNormActivation(x, gamma as tf.Tensor1D, beta as tf.Tensor1D, {
        epsilon: 0.5,
        activation: "relu",
      });
      return [outputs.y, outputs.mean, outputs.variance];
    });
    assertClose(mean, { shape: [1], data: Float32Array.of(3) });
    assertClose(variance, { shape: [1], data: Float32Array.of(3.5) });
    assertClose(y, { shape: [2, 1, 2, 1], data: Float32Array.of(0, 0, 0, 1.5) });
  }
});

for (const activation of activations) {
  for (const shape of [[1, 1, 2, 1], [2, 3, 3, 3], [1, 5, 3, 10], [3, 17, 11, 20], [64, 12]]) {
    Deno.test(`batch norm with ${activation} of [${shape}]: wasm equals cpu, forward and backward`, async () => {
      const compute = allOutputs(activation);
      const withGradients = (...tensors: tf.Tensor[]) => {
        const y = compute(tensors[0], tensors[1], tensors[2]);
        const upstream = values(y.shape, 21);
        return [y, ...tf.grads(compute)(tensors, tf.tensor(upstream.data, upstream.shape))];
      };
      const expected = await runOn("cpu", inputs(shape), withGradients);
      const actual = await runOn("wasm", inputs(shape), withGradients);
      for (const [index, result] of actual.entries()) {
        assertClose(result, expected[index], { tolerance: 2e-5, what: `result ${index}` });
      }
    });
  }

  Deno.test(`batch norm with ${activation}: gradients equal finite differences`, async () => {
    await assertFiniteDifferences(allOutputs(activation), inputs([2, 3, 2, 5]), { step: 2e-3, tolerance: 5e-3 });
  });
}

Deno.test("a large mean does not swallow the variance", async () => {
  const [x, gamma, beta] = inputs([4, 9, 9, 3]);
  x.data.forEach((value, index) => x.data[index] = 1000 + value);
  const compute = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => [
    batchNormActivation(x, gamma as tf.Tensor1D, beta as tf.Tensor1D, { epsilon, activation: "none" }).variance,
  ];
  const [variance] = await runOn("wasm", [x, gamma, beta], compute);
  for (const [channel, actual] of variance.data.entries()) {
    const own = x.data.filter((_, index) => index % 3 === channel);
    const mean = own.reduce((sum, value) => sum + value, 0) / own.length;
    const expected = own.reduce((sum, value) => sum + (value - mean) ** 2, 0) / own.length;
    assert(Math.abs(actual - expected) < 1e-4 * expected, `variance ${actual}, expected ${expected}`);
  }
});

Deno.test("NaN in the input stays NaN in the output", async () => {
  const [x, gamma, beta] = inputs([1, 2, 2, 3]);
  x.data[4] = NaN;
  const [y] = await runOn("wasm", [x, gamma, beta], (x, gamma, beta) => [
    batchNormActivation(x, gamma as tf.Tensor1D, beta as tf.Tensor1D, { epsilon, activation: "relu6" }).y,
  ]);
  assertEquals(Array.from(y.data, Number.isNaN), y.data.reduce<boolean[]>((all, _, i) => [...all, i % 3 === 1], []));
});

Deno.test("the wasm backend has the fused kernel, the cpu backend composes", () => {
  assert(tf.getKernel(batchNormActivationKernel, "wasm"));
  assertEquals(tf.getKernel(batchNormActivationKernel, "cpu"), undefined);
});

Deno.test("a gamma that does not fit the channels is refused", () => {
  tf.tidy(() => {
    const options = { epsilon, activation: "none" } as const;
    assertThrows(
      () => batchNormActivation(tf.zeros([2, 3]), tf.zeros([4]), tf.zeros([3]), options),
      RangeError,
      "batch norm of 3 channels needs as many gammas and betas, got 4 and 3",
    );
  });
});
