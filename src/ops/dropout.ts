import * as tf from "@tensorflow/tfjs";
import type { NodeOf } from "../schemas/architecture.ts";
import type { Op } from "./op.ts";
import { requireNoRate } from "./shapes.ts";

/**
 * In training each element is zero at `rate` and else divided by 1 - rate, so that evaluation is the identity.
 * Source: Srivastava et al. 2014, JMLR 15.
 */
export const dropout: Op<NodeOf<"dropout">> = {
  outputShape(_node, inputs) {
    if (inputs.length !== 1) throw new RangeError(`dropout takes one input, got ${JSON.stringify(inputs)}`);
    return inputs[0];
  },
  parameters: () => [],
  statistics: () => [],
  multiplyAdds: () => 0,
  // The tape is only the reference of the engines, which draw their own random numbers: it can compare at rate 0 alone.
  train(node, [x]) {
    requireNoRate("dropout", node.rate);
    return { output: tf.clone(x), statistics: [] };
  },
  evaluate: (_node, [x]) => tf.clone(x),
  fold: () => [],
  deployed: (_node, [x]) => tf.clone(x),
};
