import type { NodeOf } from "../../../../src/schemas/architecture.ts";
import { withoutActivation } from "./linear.ts";
import type { ReferenceOp } from "./reference_op.ts";
import { zeros, zerosLike } from "./tensor.ts";

/** `y = x W + b`. */
export const dense: ReferenceOp<NodeOf<"dense">> = ({ units }, [x], { parameters: [kernel, bias] }) => {
  const output = zeros(x.batch, 1, 1, units);
  for (let image = 0; image < x.batch; image++) {
    for (let to = 0; to < units; to++) {
      let sum = bias[to];
      for (let from = 0; from < x.channels; from++) {
        sum += x.data[image * x.channels + from] * kernel[from * units + to];
      }
      output.data[image * units + to] = sum;
    }
  }
  return withoutActivation(output, (gradient) => {
    const input = zerosLike(x);
    const kernelGradient = new Float64Array(kernel.length), biasGradient = new Float64Array(units);
    for (let image = 0; image < x.batch; image++) {
      for (let to = 0; to < units; to++) {
        const dy = gradient.data[image * units + to];
        biasGradient[to] += dy;
        for (let from = 0; from < x.channels; from++) {
          kernelGradient[from * units + to] += dy * x.data[image * x.channels + from];
          input.data[image * x.channels + from] += dy * kernel[from * units + to];
        }
      }
    }
    return { inputs: [input], parameters: [kernelGradient, biasGradient] };
  });
};
