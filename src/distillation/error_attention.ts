// How far a regressor is to be imitated on each image (1908.00858, equation of Phi): the less, the larger its own error is.

/** What becomes of errors none of which is zero, where the paper's 1 - e / eta falls below 0. */
export const attentionRanges = ["subtract", "clip", "paper"] as const;
export type AttentionRange = typeof attentionRanges[number];

/**
 * Attention on each image from the teacher's squared errors, `1 - e / eta` with eta = largest - smallest error. `subtract`:
 * the smallest error is taken off first, so that it reaches from 0 to 1; `clip`: no less than 0; `paper`: as it is. Equal
 * errors, where eta is 0, say nothing about images: 1 for all.
 */
export function attentionOf(errors: ArrayLike<number>, range: AttentionRange): Float32Array {
  const values = Array.from(errors);
  const least = values.reduce((a, b) => Math.min(a, b), Infinity);
  const eta = values.reduce((a, b) => Math.max(a, b), -Infinity) - least;
  if (!(eta > 0)) return new Float32Array(values.length).fill(1);
  switch (range) {
    case "subtract":
      return Float32Array.from(values, (error) => 1 - (error - least) / eta);
    case "clip":
      return Float32Array.from(values, (error) => Math.max(0, 1 - error / eta));
    case "paper":
      return Float32Array.from(values, (error) => 1 - error / eta);
    default:
      throw new Error(`no range ${range satisfies never}`);
  }
}

/** Squared distances of rows of `width` numbers. */
export function squaredErrors(predicted: Float32Array, actual: Float32Array, width: number): Float32Array {
  const errors = new Float32Array(actual.length / width);
  for (let index = 0; index < actual.length; index++) {
    errors[Math.floor(index / width)] += (predicted[index] - actual[index]) ** 2;
  }
  return errors;
}
