// The quantiser of WRPN (Mishra et al. 2017, 1709.01134), which Apprentice (Mishra & Marr 2017, 1711.05852) uses for
// its weights: clip to [-1, 1], then round(w * n) / n with n = 2^(bits - 1) - 1; two bits are ternary.

/** Levels above zero, n. RangeError on other than 2 to 16 bits. */
export function levelsAbove(bits: number): number {
  if (!(Number.isInteger(bits) && bits >= 2 && bits <= 16)) {
    throw new RangeError(`weights can have 2 to 16 bits, got ${bits}`);
  }
  return 2 ** (bits - 1) - 1;
}

/** Level of a value, -n to n; halves are rounded away from zero, as the sign must not matter. */
function levelOf(value: number, scale: number, above: number): number {
  const place = Math.min(1, Math.abs(value) / scale) * above;
  return Math.sign(value) * Math.round(place);
}

export interface WrpnQuantised {
  values: Float32Array;
  /** -n to n. */
  levels: Int16Array;
}

/** `scale` times the quantised `values / scale`; 1 is the paper's own range. */
export function quantiseWrpn(
  values: Float32Array,
  { bits, scale = 1 }: { bits: number; scale?: number },
): WrpnQuantised {
  const above = levelsAbove(bits);
  if (!(scale > 0)) throw new RangeError(`the scale of a quantiser must be above 0, got ${scale}`);
  // Plain loops here and below: every step of a training quantises, and `from` with a callback takes ten times as long.
  const levels = new Int16Array(values.length);
  const quantised = new Float32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    levels[i] = levelOf(values[i], scale, above);
    quantised[i] = scale * levels[i] / above;
  }
  return { levels, values: quantised };
}

const scaleCandidates = 40;

/**
 * The scale that leaves the least squared error, among 40 shares of the largest magnitude. The kernels of small
 * networks are far below 1, where ternary rounding would leave nothing: so each one brings its own scale.
 */
export function bestScale(values: Float32Array, bits: number): number {
  const above = levelsAbove(bits);
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  if (largest === 0) return 1;
  let best = { scale: largest, error: Infinity };
  for (let share = 1; share <= scaleCandidates; share++) {
    const scale = largest * share / scaleCandidates;
    let error = 0;
    for (const value of values) error += (value - scale * levelOf(value, scale, above) / above) ** 2;
    if (error < best.error) best = { scale, error };
  }
  return best.scale;
}
