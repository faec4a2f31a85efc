import type { NodeOf } from "../../../../src/schemas/architecture.ts";
import { withoutActivation } from "./linear.ts";
import type { ReferenceOp } from "./reference_op.ts";
import { at, zerosLike } from "./tensor.ts";
import { pixels, stridedZeros } from "./window.ts";

/** Every stride-th pixel; the channels in the middle of more, the odd one behind. */
export const subsample: ReferenceOp<NodeOf<"subsample">> = (node, [x]) => {
  const before = Math.floor((node.channels - x.channels) / 2);
  const output = stridedZeros(x, node, node.channels);

  function* copies() {
    for (const { image, y, x: column } of pixels(output)) {
      for (let channel = 0; channel < x.channels; channel++) {
        const i = at(x, image, y * node.stride, column * node.stride, channel);
        yield { i, o: at(output, image, y, column, before + channel) };
      }
    }
  }

  for (const { i, o } of copies()) output.data[o] = x.data[i];
  return withoutActivation(output, (gradient) => {
    const input = zerosLike(x);
    for (const { i, o } of copies()) input.data[i] = gradient.data[o];
    return { inputs: [input], parameters: [] };
  });
};
