import * as tf from "@tensorflow/tfjs";
import type { NodeOf } from "../schemas/architecture.ts";
import type { Op } from "./op.ts";

/** The sum of two inputs of one shape. */
export const add: Op<NodeOf<"add">> = {
  outputShape(_node, inputs) {
    const [a, b] = inputs;
    if (inputs.length !== 2 || a.join() !== b.join()) {
      throw new RangeError(`add takes two inputs of one shape, got ${JSON.stringify(inputs)}`);
    }
    return a;
  },
  parameters: () => [],
  statistics: () => [],
  multiplyAdds: () => 0,
  train: (_node, [a, b]) => ({ output: tf.add(a, b), statistics: [] }),
  evaluate: (_node, [a, b]) => tf.add(a, b),
  fold: () => [],
  deployed: (_node, [a, b]) => tf.add(a, b),
};
