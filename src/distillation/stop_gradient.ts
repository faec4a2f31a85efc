import * as tf from "@tensorflow/tfjs";

/** `x` as a constant: what is made from it gives no gradient to it. */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const pass = tf.customGrad((...values) => {
    const [value] = values as tf.Tensor[];
    return { value: tf.clone(value), gradFunc: (gradient: tf.Tensor) => [tf.zerosLike(gradient)] };
  });
  return pass(x) as T;
}
