import * as tf from "@tensorflow/tfjs";
import type { NodeOf } from "../schemas/architecture.ts";
import type { Op } from "./op.ts";
import { imageShape, strided } from "./shapes.ts";

type PoolNode = NodeOf<"averagePool">;

function pool(node: PoolNode, x: tf.Tensor): tf.Tensor4D {
  return tf.avgPool(x as tf.Tensor4D, node.kernel, node.stride, "same");
}

/** How many pixels each window along an axis of `size` holds, padding left out. */
function pixelsPerWindow({ kernel, stride }: PoolNode, size: number): number[] {
  const windows = Math.ceil(size / stride);
  const before = Math.floor(Math.max(0, (windows - 1) * stride + kernel - size) / 2);
  return Array.from({ length: windows }, (_, index) => {
    const start = index * stride - before;
    return Math.min(size, start + kernel) - Math.max(0, start);
  });
}

// tfjs's forward pass divides by the pixels in the window, its gradient by kernel * kernel, padding included: what the
// border gets back is too little. The difference is made up here, on the gradient that comes in.
function poolWithGradient(node: PoolNode, x: tf.Tensor): tf.Tensor {
  const [, height, width] = x.shape as [number, number, number, number];
  const missing = (size: number) => tf.tensor1d(pixelsPerWindow(node, size).map((count) => node.kernel / count));
  const corrected = tf.customGrad((pooled) => ({
    value: (pooled as tf.Tensor).clone(),
    gradFunc: (gradient: tf.Tensor) =>
      tf.mul(tf.mul(gradient, tf.reshape(missing(height), [-1, 1, 1])), tf.reshape(missing(width), [-1, 1])),
  }));
  return corrected(pool(node, x));
}

/** Mean over a window; padding is left out of the mean. */
export const averagePool: Op<PoolNode> = {
  outputShape(node, inputs) {
    const [height, width, channels] = imageShape("averagePool", inputs);
    return [...strided(height, width, node.stride), channels];
  },
  parameters: () => [],
  statistics: () => [],
  multiplyAdds: () => 0,
  train: (node, [x]) => ({ output: poolWithGradient(node, x), statistics: [] }),
  evaluate: (node, [x]) => pool(node, x),
  fold: () => [],
  deployed: (node, [x]) => pool(node, x),
};
