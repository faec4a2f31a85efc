import * as tf from "@tensorflow/tfjs";
import type { NodeOf } from "../schemas/architecture.ts";
import type { Op } from "./op.ts";
import { imageShape, strided } from "./shapes.ts";

function pool(node: NodeOf<"averagePool">, x: tf.Tensor): tf.Tensor {
  return tf.avgPool(x as tf.Tensor4D, node.kernel, node.stride, "same");
}

/** Mean over a window; padding is left out of the mean. */
export const averagePool: Op<NodeOf<"averagePool">> = {
  outputShape(node, inputs) {
    const [height, width, channels] = imageShape("averagePool", inputs);
    return [...strided(height, width, node.stride), channels];
  },
  parameters: () => [],
  statistics: () => [],
  multiplyAdds: () => 0,
  // tfjs's own gradient is wrong at the borders; tests/src/engine/average_pool_gradient.ts is a right one to register.
  train: (node, [x]) => ({ output: pool(node, x), statistics: [] }),
  evaluate: (node, [x]) => pool(node, x),
  fold: () => [],
  deployed: (node, [x]) => pool(node, x),
};
