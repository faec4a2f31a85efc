import type { NodeOf } from "../../../../src/schemas/architecture.ts";
import { activate, activationGradient } from "./activation.ts";
import type { ReferenceOp } from "./reference_op.ts";
import { map, plus } from "./tensor.ts";

/** Branch plus shortcut; in training the branch of an image is dropped or scaled up (1603.09382). */
export const add: ReferenceOp<NodeOf<"add">> = (node, [branch, shortcut], { training, kept, margin }) => {
  const { activation = "none", dropRate = 0 } = node;
  const imageSize = branch.data.length / branch.batch;
  const factor = (index: number) => {
    if (!training || dropRate === 0) return 1;
    return kept(Math.floor(index / imageSize)) ? 1 / (1 - dropRate) : 0;
  };
  const sum = plus(map(branch, (value, index) => value * factor(index)), shortcut);
  return {
    output: activate(sum, activation, margin),
    before: sum,
    batchStatistics: [],
    backward(output, before) {
      const gradient = plus(activationGradient(sum, activation, output), before);
      return { inputs: [map(gradient, (value, index) => value * factor(index)), gradient], parameters: [] };
    },
  };
};
