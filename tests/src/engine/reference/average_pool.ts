import type { NodeOf } from "../../../../src/schemas/architecture.ts";
import { withoutActivation } from "./linear.ts";
import type { ReferenceOp } from "./reference_op.ts";
import { at, zerosLike } from "./tensor.ts";
import { pixels, pixelsSeen, stridedZeros } from "./window.ts";

/** Mean of the pixels of a window that lie in the image. */
export const averagePool: ReferenceOp<NodeOf<"averagePool">> = (node, [x]) => {
  const output = stridedZeros(x, node, x.channels);

  /** Every summand: places of input and output, and how many there are for that output. */
  function* summands() {
    for (const { image, y: row, x: column } of pixels(output)) {
      const seen = [...pixelsSeen(x, node, row, column)];
      for (const { inputY, inputX } of seen) {
        for (let channel = 0; channel < x.channels; channel++) {
          const i = at(x, image, inputY, inputX, channel);
          yield { i, o: at(output, image, row, column, channel), count: seen.length };
        }
      }
    }
  }

  for (const { i, o, count } of summands()) output.data[o] += x.data[i] / count;
  return withoutActivation(output, (gradient) => {
    const input = zerosLike(x);
    for (const { i, o, count } of summands()) input.data[i] += gradient.data[o] / count;
    return { inputs: [input], parameters: [] };
  });
};
