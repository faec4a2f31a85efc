import type { Student, StudentOutput } from "./student.ts";

export interface GradientDifferenceOptions {
  /** `[batch, height, width, channels]` */
  images: Float32Array;
  /** Direction in which the images move, same shape; constant. */
  direction: Float32Array;
  /** The gradients of the loss with respect to the student's outputs, of all that it was built to take gradients of. */
  lossGradients: (output: StudentOutput) => Record<string, Float32Array>;
  /** Root mean square of the move, in units of the images' own. Default 0.01. */
  size?: number;
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

/** How far along `direction`, not all zeros, a move of the images of root mean square `size`, in units of their own, goes. */
export function stepAlong(images: Float32Array, direction: Float32Array, size: number): number {
  return size * (rootMeanSquare(images) || 1) / rootMeanSquare(direction);
}

/**
 * How the parameter gradient of a loss changes along a direction of the images: `d/dt grad_parameters loss(images + t *
 * direction)` at t = 0, `[parameterCount]`, as a central difference. Since derivatives commute, this is the parameter
 * gradient of `direction . grad_images loss`: the second-order term of losses over image gradients, such as gradient
 * attention (1612.03928, section 3.2). The error is that of float32 gradients over `size`, plus of order `size` squared.
 * Each of the two forward passes is one of training: it enters batch norm's moving averages.
 * RangeError where images and direction differ in size.
 */
export async function parameterGradientDifference(
  student: Student,
  { images, direction, lossGradients, size = 0.01 }: GradientDifferenceOptions,
): Promise<Float32Array> {
  if (direction.length !== images.length) {
    throw new RangeError(`the direction must have the images' ${images.length} values, got ${direction.length}`);
  }
  if (direction.every((value) => value === 0)) return new Float32Array(student.network.plan.layout.parameterCount);
  const step = stepAlong(images, direction, size);
  const gradientAt = async (by: number): Promise<Float32Array> => {
    const output = await student.forward(images.map((value, index) => value + by * direction[index]));
    return await student.backward(lossGradients(output));
  };
  const above = await gradientAt(step);
  const below = await gradientAt(-step);
  return above.map((value, index) => (value - below[index]) / (2 * step));
}
