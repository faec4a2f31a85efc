// Sums over pixels of x times gradient, for all pairs of their channels: the gradient of weights.
import { tileOfFourRows, tileOfSixRows, Walk } from "./outer_tiles";

/** Rows of sums that {@link addOuterProducts} may touch for `left` channels. */
export function sumRows(left: i32): i32 {
  return left + 3;
}

/** Floats of a row of sums. */
@inline
export function sumColumns(right: i32): i32 {
  return (right + 7) & ~7;
}

/**
 * sums `[left, right]` += the sum over the pixels of `walk` of a `[left]` times b `[right]`. Rows of sums are
 * `sumColumns(right)` floats apart; what their last columns hold, and the rows after the last up to `sumRows(left)`,
 * has no meaning. Reads up to 3 floats after the last pixel of a, and 4 after that of b (`right` is a multiple of 4).
 */
export function addOuterProducts(walk: Walk, left: i32, right: i32, a: usize, b: usize, sums: usize): void {
  const sumStep = <usize> sumColumns(right) << 2;
  let k = 0;
  while (k < left) {
    const rest = left - k;
    // 6 and 6, or 4 and 4 at the end, so that a multiple of 4 has no rest.
    const six = rest > 4 && rest != 8;
    const from = a + (<usize> k << 2), to = sums + <usize> k * sumStep;
    for (let n: usize = 0; n < sumStep; n += 32) {
      if (six) tileOfSixRows(walk, from, b + n, to + n, sumStep);
      else tileOfFourRows(walk, from, b + n, to + n, sumStep);
    }
    k += six ? 6 : 4;
  }
}

/** Sum over `parts` of their sums, `partBytes` apart, to the dense matrix `[rows, columns]` at `target`. */
export function mergeSums(
  rows: i32,
  columns: i32,
  parts: i32,
  sums: usize,
  sumStep: usize,
  partBytes: usize,
  target: usize,
): void {
  for (let row = 0; row < rows; row++) {
    const from = sums + <usize> row * sumStep;
    let column = 0;
    for (; column + 4 <= columns; column += 4) {
      const at = from + (<usize> column << 2);
      let sum = v128.load(at);
      for (let part = 1; part < parts; part++) sum = f32x4.add(sum, v128.load(at + <usize> part * partBytes));
      v128.store(target, sum);
      target += 16;
    }
    for (; column < columns; column++) {
      const at = from + (<usize> column << 2);
      let sum = f32.load(at);
      for (let part = 1; part < parts; part++) sum += f32.load(at + <usize> part * partBytes);
      f32.store(target, sum);
      target += 4;
    }
  }
}
