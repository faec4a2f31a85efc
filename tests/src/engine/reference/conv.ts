import type { NodeOf } from "../../../../src/schemas/architecture.ts";
import { normalised } from "./normalised.ts";
import type { ReferenceOp } from "./reference_op.ts";
import { at, zerosLike } from "./tensor.ts";
import { pixels, pixelsSeen, stridedZeros } from "./window.ts";

export const conv: ReferenceOp<NodeOf<"conv">> = (node, [x], run) => {
  const [kernel] = run.parameters;
  const linear = stridedZeros(x, node, node.filters);

  /** Calls `each` with every product of the convolution: places of input, weight and output. */
  const products = (each: (i: number, w: number, o: number) => void) => {
    for (const { image, y: row, x: column } of pixels(linear)) {
      const firstOutput = at(linear, image, row, column, 0);
      for (const { kernelY, kernelX, inputY, inputX } of pixelsSeen(x, node, row, column)) {
        for (let from = 0; from < x.channels; from++) {
          const i = at(x, image, inputY, inputX, from);
          const firstWeight = ((kernelY * node.kernel + kernelX) * x.channels + from) * node.filters;
          for (let to = 0; to < node.filters; to++) each(i, firstWeight + to, firstOutput + to);
        }
      }
    }
  };

  products((i, w, o) => linear.data[o] += x.data[i] * kernel[w]);
  return normalised(linear, node.activation, run, (gradient) => {
    const input = zerosLike(x);
    const kernelGradient = new Float64Array(kernel.length);
    products((i, w, o) => {
      input.data[i] += gradient.data[o] * kernel[w];
      kernelGradient[w] += gradient.data[o] * x.data[i];
    });
    return { input, kernel: kernelGradient };
  });
};
