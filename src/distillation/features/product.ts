// Matrix products for losses. tfjs's own gradient asks for products with transposed operands, which its wasm backend
// computes 3 to 12 times slower than a transposition followed by a plain product.
import * as tf from "@tensorflow/tfjs";

/** `[..., rows, columns]` -> `[..., columns, rows]`. */
export function transposed<T extends tf.Tensor>(x: T): T {
  const last = x.rank - 1;
  return tf.transpose(x, [...x.shape.keys()].map((axis) => axis === last ? last - 1 : axis === last - 1 ? last : axis));
}

/** `a` `[..., rows, inner]` times `b` `[..., inner, columns]`, of rank 2 or 3 both, differentiable once in both. */
export function product<T extends tf.Tensor>(a: T, b: T): T {
  const multiply = tf.customGrad((...operands) => {
    const [left, right, save] = operands as unknown as [tf.Tensor, tf.Tensor, tf.GradSaveFunc];
    save([left, right]);
    return {
      value: tf.matMul(left, right),
      gradFunc: (gradient: tf.Tensor, saved: tf.Tensor[]) => [
        tf.matMul(gradient, transposed(saved[1])),
        tf.matMul(transposed(saved[0]), gradient),
      ],
    };
  });
  return multiply(a, b) as T;
}

/** `x` `[..., rows, inner]` times a constant `[..., inner, columns]`; `flipped`: its transpose, where that is at hand. */
export function constantProduct<T extends tf.Tensor>(x: T, matrix: T, flipped?: T): T {
  const multiply = tf.customGrad((...operands) => {
    const [operand, save] = operands as unknown as [tf.Tensor, tf.GradSaveFunc];
    // Saved although constant, since it may have been made on the tape, which frees it.
    save([flipped ?? matrix]);
    return {
      value: tf.matMul(operand, matrix),
      gradFunc: (gradient: tf.Tensor, [saved]: tf.Tensor[]) => [
        tf.matMul(gradient, flipped ? saved : transposed(saved)),
      ],
    };
  });
  return multiply(x) as T;
}

/** Products of all columns of `x` `[N, rows, columns]` with each other, `[N, columns, columns]`, differentiable once. */
export function selfProduct(x: tf.Tensor3D): tf.Tensor3D {
  const multiply = tf.customGrad((...operands) => {
    const [operand, save] = operands as unknown as [tf.Tensor3D, tf.GradSaveFunc];
    save([operand]);
    return {
      value: tf.matMul(transposed(operand), operand),
      // The result is symmetric: one product does for both operands.
      gradFunc: (gradient: tf.Tensor, [saved]: tf.Tensor[]) => [
        tf.matMul(saved, tf.add(gradient, transposed(gradient)) as tf.Tensor),
      ],
    };
  });
  return multiply(x) as tf.Tensor3D;
}
