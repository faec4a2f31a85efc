import * as tf from "@tensorflow/tfjs";

/**
 * Truths or whole numbers as float32, converted at once. `tf.cast` on WebGPU leaves the bits as they are until an elementwise
 * operation meets them; a transposition, or a sum over an outer axis, takes them for floats. (Nor is `tf.oneHot` to be asked
 * for floats: on wasm it gives the bits of whole numbers.)
 */
export function asFloat<T extends tf.Tensor>(x: T): T {
  return tf.mul(tf.cast(x, "float32"), 1);
}
