import * as tf from "@tensorflow/tfjs";
import type { NodeOf } from "../schemas/architecture.ts";
import { activate } from "./normalised.ts";
import type { Op } from "./op.ts";
import { requireNoRate } from "./shapes.ts";

function sum(node: NodeOf<"add">, [a, b]: readonly tf.Tensor[]): tf.Tensor {
  return activate(tf.add(a, b), node.activation ?? "none");
}

/**
 * The sum of two inputs of one shape, a branch and its shortcut, then the activation. In training the branch of an image
 * is left out at `dropRate` and else divided by 1 - dropRate: stochastic depth, Huang et al. 2016, 1603.09382.
 */
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
  // The tape is only the reference of the engines, which draw their own random numbers: it can compare at rate 0 alone.
  train(node, inputs) {
    requireNoRate("stochastic depth", node.dropRate ?? 0);
    return { output: sum(node, inputs), statistics: [] };
  },
  evaluate: (node, inputs) => sum(node, inputs),
  fold: () => [],
  deployed: (node, inputs) => sum(node, inputs),
};
