// What the tests of kernels share: reproducible values, both backends, finite differences.
import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";

/** An array with its shape, independent of any backend. */
export interface Values {
  shape: number[];
  data: Float32Array;
}

/** Reproducible values from -1 to 1. */
export function values(shape: number[], seed: number): Values {
  let state = (Math.imul(seed, 0x9e3779b1) + 0x7f4a7c15) >>> 0;
  const data = Float32Array.from({ length: shape.reduce((product, length) => product * length, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  return { shape, data };
}

/** Runs `compute` on `inputs` as tensors of `backend`, which becomes the current one, and reads its results. */
export async function runOn(
  backend: "cpu" | "wasm" | "webgpu",
  inputs: Values[],
  compute: (...tensors: tf.Tensor[]) => tf.Tensor[],
): Promise<Values[]> {
  assertEquals(await tf.setBackend(backend), true);
  const results = tf.tidy(() => compute(...inputs.map(({ data, shape }) => tf.tensor(data, shape))));
  const read = await Promise.all(
    results.map(async (result) => ({ shape: result.shape, data: await result.data() as Float32Array })),
  );
  tf.dispose(results);
  return read;
}

/** Output of `compute` and, for the upstream gradient `values(output, seed)`, the gradients of all inputs. */
export function withGradients(compute: (...tensors: tf.Tensor[]) => tf.Tensor, seed: number) {
  return (...tensors: tf.Tensor[]): tf.Tensor[] => {
    const y = compute(...tensors);
    const upstream = values(y.shape, seed);
    return [y, ...tf.grads(compute)(tensors, tf.tensor(upstream.data, upstream.shape))];
  };
}

/** Fails where two results differ in shape or by more than `tolerance` times the largest value (at least 1). */
export function assertClose(actual: Values, expected: Values, { tolerance = 1e-5, what = "result" } = {}): void {
  assertEquals(actual.shape, expected.shape, `${what}: shape`);
  const scale = expected.data.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
  for (const [index, value] of expected.data.entries()) {
    assert(
      Math.abs(actual.data[index] - value) <= tolerance * scale,
      `${what}[${index}] is ${actual.data[index]}, expected ${value}`,
    );
  }
}

/**
 * Checks the gradients on wasm against central differences of `step` at every element of every input. A `step` may be
 * large where the function is linear in each input.
 */
export async function assertFiniteDifferences(
  compute: (...tensors: tf.Tensor[]) => tf.Tensor,
  inputs: Values[],
  { step, tolerance }: { step: number; tolerance: number },
): Promise<void> {
  const seed = 99;
  const [y, ...gradients] = await runOn("wasm", inputs, withGradients(compute, seed));
  const upstream = values(y.shape, seed).data;
  const loss = (): number =>
    tf.tidy(() => {
      const output = compute(...inputs.map(({ data, shape }) => tf.tensor(data, shape))).dataSync() as Float32Array;
      return output.reduce((sum, value, index) => sum + value * upstream[index], 0);
    });
  for (const [position, { data, shape }] of inputs.entries()) {
    const differences = Float32Array.from(data, (value, index) => {
      data[index] = value + step;
      const above = loss();
      data[index] = value - step;
      const below = loss();
      data[index] = value;
      return (above - below) / (2 * step);
    });
    assertClose(gradients[position], { shape, data: differences }, {
      tolerance,
      what: `gradient of input ${position}`,
    });
  }
}
