import { batchNormEpsilon } from "../ops/normalised.ts";

/** What a convolution's batch norm by moving averages comes down to. */
export interface Folded {
  /** Per output channel, that the kernel is multiplied by; in 64 bits, so that the product is rounded once. */
  scale: Float64Array;
  bias: Float32Array;
}

/** `[channels]` each, of the batch norm with these weights. */
export function foldedNorm(
  { gamma, beta, movingMean, movingVariance }: Readonly<Record<string, Float32Array>>,
): Folded {
  const scale = Float64Array.from(gamma, (value, index) => value / Math.sqrt(movingVariance[index] + batchNormEpsilon));
  const bias = Float32Array.from(beta, (value, index) => value - movingMean[index] * scale[index]);
  return { scale, bias };
}

/** `kernel`, whose last axis or axes are the output channels, each times its scale. */
export function scaledKernel(kernel: Float32Array, scale: Float64Array): Float32Array {
  return Float32Array.from(kernel, (value, index) => value * scale[index % scale.length]);
}
