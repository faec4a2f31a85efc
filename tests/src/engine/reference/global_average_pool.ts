import type { NodeOf } from "../../../../src/schemas/architecture.ts";
import { withoutActivation } from "./linear.ts";
import type { ReferenceOp } from "./reference_op.ts";
import { at, zeros, zerosLike } from "./tensor.ts";
import { pixels } from "./window.ts";

export const globalAveragePool: ReferenceOp<NodeOf<"globalAveragePool">> = (_node, [x]) => {
  const count = x.height * x.width;
  const output = zeros(x.batch, 1, 1, x.channels);
  for (const pixel of pixels(x)) {
    for (let channel = 0; channel < x.channels; channel++) {
      output.data[at(output, pixel.image, 0, 0, channel)] += x.data[at(x, pixel.image, pixel.y, pixel.x, channel)] /
        count;
    }
  }
  return withoutActivation(output, (gradient) => {
    const input = zerosLike(x);
    for (const pixel of pixels(x)) {
      for (let channel = 0; channel < x.channels; channel++) {
        input.data[at(x, pixel.image, pixel.y, pixel.x, channel)] =
          gradient.data[at(gradient, pixel.image, 0, 0, channel)] / count;
      }
    }
    return { inputs: [input], parameters: [] };
  });
};
