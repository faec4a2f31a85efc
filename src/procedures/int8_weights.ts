// Weights as an integer runtime has them, in the layout that networks are trained in.
import type { Weights } from "../engine/network.ts";
import { layoutOf, type NodeLayout } from "../ops/layout.ts";
import { batchNormEpsilon } from "../ops/normalised.ts";
import { quantiseAffine } from "../quantisation/affine.ts";
import { kernelsOf, kernelValues } from "../quantisation/kernels.ts";
import type { QuantisedTensor } from "../quantisation/size.ts";
import type { Architecture } from "../schemas/architecture.ts";

/** Moves the batch norm of a convolution into its kernel: what is left of it is a bias. In place. */
function fold({ node, parameters, statistics }: NodeLayout, weights: Weights): void {
  if (node.op !== "conv" && node.op !== "depthwiseConv") return;
  const [kernel, gamma, beta] = parameters.map((weight) => kernelValues(weights.parameters, weight));
  const [mean, variance] = statistics.map((weight) => kernelValues(weights.statistics, weight));
  const channels = gamma.length;
  // Output channels are the last dimension that is not 1, of either kernel.
  for (let i = 0; i < kernel.length; i++) {
    const channel = i % channels;
    kernel[i] *= gamma[channel] / Math.sqrt(variance[channel] + batchNormEpsilon);
  }
  for (let channel = 0; channel < channels; channel++) {
    beta[channel] -= mean[channel] * gamma[channel] / Math.sqrt(variance[channel] + batchNormEpsilon);
  }
  gamma.fill(1);
  mean.fill(0);
  variance.fill(1 - batchNormEpsilon);
}

/** A network of the same outputs whose batch norms are biases: scale 1, mean 0, variance 1 less epsilon. */
export function foldWeights(architecture: Architecture, { parameters, statistics }: Weights): Weights {
  const folded = { parameters: parameters.slice(), statistics: statistics.slice() };
  for (const node of layoutOf(architecture).nodes) fold(node, folded);
  return folded;
}

/** Numbers of the deployed form: batch norm leaves no more than its bias. */
export function countFolded(architecture: Architecture): number {
  const { nodes, parameterCount } = layoutOf(architecture);
  const scales = nodes.flatMap(({ parameters }) => parameters.filter(({ name }) => name === "gamma"));
  return parameterCount - scales.reduce((sum, { size }) => sum + size, 0);
}

/**
 * `weights` folded, each kernel rounded to 8 bits, with a range for each `granularity`. Biases keep 32 bits, as usual.
 */
export function roundWeights(
  architecture: Architecture,
  weights: Weights,
  granularity: "channel" | "tensor",
): { weights: Weights; tensors: QuantisedTensor[] } {
  const folded = foldWeights(architecture, weights);
  const tensors = kernelsOf(architecture).map((kernel) => {
    const values = kernelValues(folded.parameters, kernel);
    const channels = kernel.shape.at(-1) === 1 ? kernel.shape.at(-2) : kernel.shape.at(-1);
    const quantised = quantiseAffine(values, granularity === "channel" ? channels : 1);
    values.set(quantised.values);
    return { levels: quantised.levels, bits: 8, extraNumbers: 2 * quantised.ranges.length };
  });
  return { weights: folded, tensors };
}
