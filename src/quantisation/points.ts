// Quantisation to learned points: "differentiable quantization" of Polino, Pascanu & Alistarh 2018 (1802.05668),
// section 3.2. Values are scaled to [0, 1] bucket by bucket and take the nearest of a tensor's points.
import { bucketRange } from "./buckets.ts";

/** A tensor, of which the points are to be learned: the scaled values stay as they are. */
export interface ScaledTensor {
  /** Values in [0, 1]. */
  scaled: Float32Array;
  /** Of each value's bucket. */
  scales: Float32Array;
  offsets: Float32Array;
}

/** `values` in buckets of `bucketSize`, scaled. */
export function scaleTensor(values: Float32Array, bucketSize: number): ScaledTensor {
  const { length } = values;
  const tensor = {
    scaled: new Float32Array(length),
    scales: new Float32Array(length),
    offsets: new Float32Array(length),
  };
  for (let start = 0; start < length; start += bucketSize) {
    const end = Math.min(length, start + bucketSize);
    const { scale, offset } = bucketRange(values, start, end);
    tensor.scales.fill(scale, start, end);
    tensor.offsets.fill(offset, start, end);
    for (let i = start; i < end; i++) tensor.scaled[i] = (values[i] - offset) / scale;
  }
  return tensor;
}

/** `count` points at the quantiles of the scaled values, sorted: each stands for as many values as any other. */
export function quantilePoints({ scaled }: ScaledTensor, count: number): Float32Array {
  const sorted = scaled.toSorted();
  return Float32Array.from({ length: count }, (_, point) => {
    const place = (point + 0.5) / count * sorted.length - 0.5;
    const below = Math.max(0, Math.min(sorted.length - 1, Math.floor(place)));
    const next = Math.min(sorted.length - 1, below + 1);
    const share = Math.max(0, Math.min(1, place - below));
    return sorted[below] * (1 - share) + sorted[next] * share;
  });
}

/** The nearest of the sorted `points` for each scaled value; of two as near the lower one. */
export function assignPoints({ scaled }: ScaledTensor, points: Float32Array): Uint16Array {
  const last = points.length - 1;
  const middles = Float64Array.from({ length: last }, (_, point) => (points[point] + points[point + 1]) / 2);
  const assigned = new Uint16Array(scaled.length);
  for (let i = 0; i < scaled.length; i++) {
    let low = 0;
    let high = last;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (scaled[i] > middles[middle]) low = middle + 1;
      else high = middle;
    }
    assigned[i] = low;
  }
  return assigned;
}

/** The quantised values: the points, scaled back. Written to `out` where given. */
export function gatherPoints(
  { scales, offsets }: ScaledTensor,
  points: Float32Array,
  assigned: Uint16Array,
  out: Float32Array = new Float32Array(assigned.length),
): Float32Array {
  for (let i = 0; i < assigned.length; i++) out[i] = offsets[i] + scales[i] * points[assigned[i]];
  return out;
}

/** dL/dp_j: the sum over the values i that took point j of scale_i * dL/dq_i. */
export function pointGradient(
  { scales }: ScaledTensor,
  assigned: Uint16Array,
  gradient: Float32Array,
  count: number,
): Float32Array {
  const sums = new Float64Array(count);
  for (let i = 0; i < assigned.length; i++) sums[assigned[i]] += scales[i] * gradient[i];
  return Float32Array.from(sums);
}

/**
 * Bits of each tensor in proportion to the norm of its gradient, `bits` on average over all values, 1 to 8 each: the
 * paper's section 3.3. Equal norms give equal bits.
 */
export function bitsByGradient(
  tensors: readonly { size: number; gradientNorm: number }[],
  bits: number,
): number[] {
  const total = tensors.reduce((sum, { size }) => sum + size, 0);
  const mean = tensors.reduce((sum, { size, gradientNorm }) => sum + size * gradientNorm, 0) / total;
  if (!(mean > 0)) return tensors.map(() => bits);
  return tensors.map(({ gradientNorm }) => Math.max(1, Math.min(8, Math.round(bits * gradientNorm / mean))));
}
