// tfjs's wasm backend multiplies batches of matrices, and transposed ones, with plain loops at some 1.5 GFLOP/s. Losses over
// features are made of these, so its kernel is replaced by one that calls the training kernels' product.
import * as tf from "@tensorflow/tfjs";
import { BatchProducts } from "../engine/wasm/batch_product.ts";

/** What of tfjs's wasm backend is used here. */
interface WasmBackend {
  makeOutput(shape: number[], dtype: "float32"): tf.TensorInfo;
  typedArrayFromHeap(info: tf.TensorInfo): Float32Array;
}

let registering: Promise<void> | undefined;

/** Replaces `BatchMatMul` of tfjs's wasm backend, once per process. Throws an Error without WebAssembly SIMD. */
export async function registerFastProducts(): Promise<void> {
  registering ??= register();
  try {
    await registering;
  } catch (error) {
    registering = undefined;
    throw error;
  }
}

async function register(): Promise<void> {
  const products = await BatchProducts.create();
  tf.unregisterKernel("BatchMatMul", "wasm");
  tf.registerKernel({
    kernelName: "BatchMatMul",
    backendName: "wasm",
    kernelFunc({ inputs, backend, attrs }) {
      const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
      const { transposeA, transposeB } = attrs as unknown as { transposeA: boolean; transposeB: boolean };
      const wasm = backend as unknown as WasmBackend;
      const [aRows, aColumns] = a.shape.slice(-2);
      const [bRows, bColumns] = b.shape.slice(-2);
      const [rows, inner] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
      const columns = transposeB ? bRows : bColumns;
      const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
      const countOf = (shape: readonly number[]) => shape.reduce((count, length) => count * length, 1);
      const [aCount, bCount] = [countOf(aBatch), countOf(bBatch)];
      // A batch of 1 serves all of the other; anything else that tfjs lets through is equal.
      const batch = aCount >= bCount ? aBatch : bBatch;
      if (aCount !== bCount && aCount !== 1 && bCount !== 1) {
        throw new RangeError(`batches [${aBatch}] and [${bBatch}] of matrices cannot be multiplied`);
      }
      const out = wasm.makeOutput([...batch, rows, columns], "float32");
      const [left, right] = [wasm.typedArrayFromHeap(a), wasm.typedArrayFromHeap(b)];
      const result = wasm.typedArrayFromHeap(out);
      if (inner === 0) result.fill(0);
      else if (result.length > 0) {
        products.multiply(
          { values: left, count: aCount, transposed: transposeA },
          { values: right, count: bCount, transposed: transposeB },
          { rows, inner, columns },
          result,
        );
      }
      return out;
    },
  });
}
