// Affine quantisation to 8 bits after training: s = (max - min) / 255, q = clip(round(x / s) + z, 0, 255). Jacob et al.
// 2017, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference" (1712.05877),
// section 2.1.

export interface AffineRange {
  /** s, what one level is worth. */
  step: number;
  /** z, the level that stands for 0. */
  zero: number;
}

const top = 255;

/** The range that covers `least` to `most` and 0, so that zero padding stays exact. */
export function affineRange(least: number, most: number): AffineRange {
  const low = Math.min(0, least);
  const high = Math.max(0, most);
  // Of a single value, or of a width that is no number any more once divided, any step will do.
  const step = (high - low) / top || 1;
  return { step, zero: Math.max(0, Math.min(top, Math.round(-low / step))) };
}

/** Level of `value`, 0 to 255. */
export function affineLevel(value: number, { step, zero }: AffineRange): number {
  return Math.max(0, Math.min(top, Math.round(value / step) + zero));
}

/** What `level` stands for. */
export function affineValue(level: number, { step, zero }: AffineRange): number {
  return step * (level - zero);
}

export interface AffineQuantised {
  values: Float32Array;
  levels: Uint8Array;
  ranges: AffineRange[];
}

/**
 * Quantises `values`, of which every `groups`-th belongs to one range: 1 for a range of the whole tensor, the number of
 * channels for one of each of the last dimension.
 */
export function quantiseAffine(values: Float32Array, groups = 1): AffineQuantised {
  if (!(Number.isInteger(groups) && groups >= 1 && values.length % groups === 0)) {
    throw new RangeError(`${values.length} values cannot be in ${groups} groups`);
  }
  const least = new Float64Array(groups).fill(Infinity);
  const most = new Float64Array(groups).fill(-Infinity);
  for (const [i, value] of values.entries()) {
    const group = i % groups;
    least[group] = Math.min(least[group], value);
    most[group] = Math.max(most[group], value);
  }
  const ranges = Array.from(least, (low, group) => affineRange(low, most[group]));
  const levels = Uint8Array.from(values, (value, i) => affineLevel(value, ranges[i % groups]));
  return { ranges, levels, values: Float32Array.from(levels, (level, i) => affineValue(level, ranges[i % groups])) };
}
