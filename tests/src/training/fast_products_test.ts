import { assert, assertEquals } from "@std/assert";
import * as tf from "@tensorflow/tfjs";
import { Random } from "../../../src/data/random.ts";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { startTensors } from "../../../src/training/start_tensors.ts";

const engine = await startWasmEngine();
await startTensors(engine);
const random = new Random(1);

function values(...shape: number[]): { values: Float32Array; shape: number[] } {
  const size = shape.reduce((product, length) => product * length, 1);
  return { values: Float32Array.from({ length: size }, () => random.normal()), shape };
}

/** One element of the product, in doubles. */
function expectedAt(
  [a, b]: ReturnType<typeof values>[],
  { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean },
  [batch, row, column]: number[],
): number {
  const [aRows, aColumns] = a.shape.slice(-2);
  const [bRows, bColumns] = b.shape.slice(-2);
  const aAt = a.values.length > aRows * aColumns ? batch * aRows * aColumns : 0;
  const bAt = b.values.length > bRows * bColumns ? batch * bRows * bColumns : 0;
  let sum = 0;
  for (let k = 0; k < (transposeA ? aRows : aColumns); k++) {
    const left = a.values[aAt + (transposeA ? k * aColumns + row : row * aColumns + k)];
    sum += left * b.values[bAt + (transposeB ? column * bColumns + k : k * bColumns + column)];
  }
  return sum;
}

Deno.test("products of batches on wasm are those of plain loops, whatever is transposed or shared", async () => {
  for (
    const [aBatch, bBatch, rows, inner, columns] of [
      [[], [], 1, 1, 1],
      [[], [], 7, 5, 3],
      [[], [], 64, 33, 10],
      [[5], [5], 13, 9, 17],
      [[5], [1], 6, 8, 4],
      [[1], [4], 3, 2, 12],
      [[2, 3], [2, 3], 4, 7, 5],
      [[64], [64], 16, 196, 24],
    ] as [number[], number[], number, number, number][]
  ) {
    for (const transposeA of [false, true]) {
      for (const transposeB of [false, true]) {
        const a = values(...aBatch, ...(transposeA ? [inner, rows] : [rows, inner]));
        const b = values(...bBatch, ...(transposeB ? [columns, inner] : [inner, columns]));
        const product = tf.tidy(() =>
          tf.matMul(tf.tensor(a.values, a.shape), tf.tensor(b.values, b.shape), transposeA, transposeB)
        );
        const batch = aBatch.length === 0 || a.values.length / (rows * inner) === 1 ? bBatch : aBatch;
        assertEquals(product.shape, [...batch, rows, columns]);
        const given = await product.data();
        product.dispose();
        const count = given.length / (rows * columns);
        for (const at of [[0, 0, 0], [count - 1, rows - 1, columns - 1], [count >> 1, rows >> 1, columns >> 1]]) {
          const value = given[(at[0] * rows + at[1]) * columns + at[2]];
          const expected = expectedAt([a, b], { transposeA, transposeB }, at);
          assert(
            Math.abs(value - expected) < 1e-4 * Math.sqrt(inner),
            `${at} of ${a.shape} x ${b.shape}: ${value}, not ${expected}`,
          );
        }
      }
    }
  }
});

Deno.test("products on wasm keep their gradients, and leave nothing behind", () => {
  const before = tf.memory().numTensors;
  tf.tidy(() => {
    const [a, b] = [values(3, 4, 5), values(3, 5, 2)];
    const [x, y] = [tf.tensor3d(a.values, [3, 4, 5]), tf.tensor3d(b.values, [3, 5, 2])];
    const [dx, dy] = tf.grads((x, y) => tf.sum(tf.square(tf.matMul(x, y))))([x, y]);
    const twice = tf.mul(2, tf.matMul(x, y)) as tf.Tensor3D;
    const expected = [tf.matMul(twice, tf.transpose(y, [0, 2, 1])), tf.matMul(tf.transpose(x, [0, 2, 1]), twice)];
    for (const [index, gradient] of [dx, dy].entries()) {
      assert(tf.max(tf.abs(tf.sub(gradient, expected[index]))).dataSync()[0] < 1e-4);
    }
  });
  assertEquals(tf.memory().numTensors, before);
});
