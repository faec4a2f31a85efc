// What pooling over windows has in common, whatever is taken of a window.
import type * as tf from "@tensorflow/tfjs";
import type { NodeOf } from "../schemas/architecture.ts";
import type { Op } from "./op.ts";
import { imageShape, strided } from "./shapes.ts";

type PoolNode = NodeOf<"averagePool"> | NodeOf<"maxPool">;

/** The op that gives `pool` of its input, padded as TensorFlow's "same". */
export function windowPool(
  name: PoolNode["op"],
  pool: (x: tf.Tensor4D, kernel: number, stride: number) => tf.Tensor,
): Op<PoolNode> {
  const pooled = ({ kernel, stride }: PoolNode, x: tf.Tensor) => pool(x as tf.Tensor4D, kernel, stride);
  return {
    outputShape(node, inputs) {
      const [height, width, channels] = imageShape(name, inputs);
      return [...strided(height, width, node.stride), channels];
    },
    parameters: () => [],
    statistics: () => [],
    multiplyAdds: () => 0,
    train: (node, [x]) => ({ output: pooled(node, x), statistics: [] }),
    evaluate: (node, [x]) => pooled(node, x),
    fold: () => [],
    deployed: (node, [x]) => pooled(node, x),
  };
}
