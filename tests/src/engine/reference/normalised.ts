// What convolutions share: their linear output goes through batch norm and the activation, and its gradient comes back.
import type { Activation } from "../../../../src/schemas/architecture.ts";
import { activate, activationGradient } from "./activation.ts";
import { batchNorm } from "./batch_norm.ts";
import type { NodeResult, NodeRun } from "./reference_op.ts";
import { plus, type Tensor } from "./tensor.ts";

/** A convolution's result, given its `linear` output and the way back from that to input and kernel. */
export function normalised(
  linear: Tensor,
  activation: Activation,
  { parameters: [_kernel, gamma, beta], statistics, training, margin }: NodeRun,
  linearBackward: (gradient: Tensor) => { input: Tensor; kernel: Float64Array },
): NodeResult {
  const norm = batchNorm(linear, [gamma, beta], statistics, training);
  return {
    output: activate(norm.output, activation, margin),
    before: norm.output,
    batchStatistics: norm.batchStatistics,
    backward(output, before) {
      const z = plus(activationGradient(norm.output, activation, output), before);
      const gradients = norm.backward(z);
      const { input, kernel } = linearBackward(gradients.input);
      return { inputs: [input], parameters: [kernel, gradients.gamma, gradients.beta] };
    },
  };
}
