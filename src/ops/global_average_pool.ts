import * as tf from "@tensorflow/tfjs";
import type { NodeOf } from "../schemas/architecture.ts";
import type { Op } from "./op.ts";
import { imageShape } from "./shapes.ts";

/** Mean over height and width: `[height, width, channels]` to `[channels]`. */
export const globalAveragePool: Op<NodeOf<"globalAveragePool">> = {
  outputShape: (_node, inputs) => [imageShape("globalAveragePool", inputs)[2]],
  parameters: () => [],
  statistics: () => [],
  multiplyAdds: () => 0,
  train: (_node, [x]) => ({ output: tf.mean(x, [1, 2]), statistics: [] }),
  evaluate: (_node, [x]) => tf.mean(x, [1, 2]),
  fold: () => [],
  deployed: (_node, [x]) => tf.mean(x, [1, 2]),
};
