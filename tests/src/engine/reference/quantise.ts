/**
 * `weights` rounded to a symmetric grid of `bits` bits whose ends are the largest weight and its negative; ties go to the
 * even step. Tells `margin` how near each weight is to a tie, in weights.
 */
export function fakeQuantised(weights: Float64Array, bits: number, margin: (distance: number) => void): Float64Array {
  const steps = 2 ** (bits - 1) - 1;
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  if (largest === 0) return weights.slice();
  const scale = largest / steps;
  return weights.map((weight) => {
    const below = Math.floor(weight / scale);
    const rest = weight / scale - below;
    margin(Math.abs(rest - 0.5) * scale);
    const step = rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
    return step * scale;
  });
}
