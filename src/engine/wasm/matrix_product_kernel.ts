import * as tf from "@tensorflow/tfjs";
import type { Kernel } from "./kernel.ts";

interface MatrixProductAttributes {
  transposeA: boolean;
  transposeB: boolean;
}

/** BatchMatMul of two plain matrices with at most one transposed, as a dense layer and its gradients need it. */
export const matrixProductKernel: Kernel = {
  name: tf.BatchMatMul,
  run(library, { a, b }, { transposeA, transposeB }: MatrixProductAttributes) {
    const single = a.shape.length === 3 && b.shape.length === 3 && a.shape[0] === 1 && b.shape[0] === 1;
    if (!single || (transposeA && transposeB) || a.dtype !== "float32" || b.dtype !== "float32") return null;
    const [rows, depth] = transposeA ? [a.shape[2], a.shape[1]] : [a.shape[1], a.shape[2]];
    const columns = transposeB ? b.shape[1] : b.shape[2];
    const c = library.output([1, rows, columns]);
    const [left, right, to] = [a, b, c].map((tensor) => library.address(tensor));
    const { multiply, multiplyTransposedLeft, multiplyScratchFloats } = library.kernels;
    library.withScratch(multiplyScratchFloats(rows, columns, depth), (scratch) => {
      if (transposeA) multiplyTransposedLeft(rows, columns, depth, left, right, to, scratch);
      else multiply(rows, columns, depth, left, right, transposeB, to, scratch);
    });
    return c;
  },
};
