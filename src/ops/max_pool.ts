import * as tf from "@tensorflow/tfjs";
import type { NodeOf } from "../schemas/architecture.ts";
import type { Op } from "./op.ts";
import { imageShape, strided } from "./shapes.ts";

function pool(node: NodeOf<"maxPool">, x: tf.Tensor): tf.Tensor {
  return tf.maxPool(x as tf.Tensor4D, node.kernel, node.stride, "same");
}

/** The largest of a window; padding never is. The gradient goes to the first of equals. */
export const maxPool: Op<NodeOf<"maxPool">> = {
  outputShape(node, inputs) {
    const [height, width, channels] = imageShape("maxPool", inputs);
    return [...strided(height, width, node.stride), channels];
  },
  parameters: () => [],
  statistics: () => [],
  multiplyAdds: () => 0,
  train: (node, [x]) => ({ output: pool(node, x), statistics: [] }),
  evaluate: (node, [x]) => pool(node, x),
  fold: () => [],
  deployed: (node, [x]) => pool(node, x),
};
