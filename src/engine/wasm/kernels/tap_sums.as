// The innermost loops of a filter gradient: the sums of nine or ten taps stay in registers while two neighbouring
// outputs at a time pass by. `stride` (1 or 2) and `taps` are known to the compiler; distances are in bytes.
import { pixelBytes } from "./correlation";
import { multiplyAdd } from "./vector";

@inline
function addTo(address: usize, sum: v128): void {
  v128.store(address, f32x4.add(v128.load(address), sum));
}

/** 3x3 taps. */
@inline
export function nineTaps(
  stride: usize,
  height: i32,
  width: i32,
  source: usize,
  sourceRow: usize,
  gradient: usize,
  gradientRow: usize,
  sums: usize,
  sumsRow: usize,
  sumsTap: usize,
): void {
  const zero = f32x4.splat(0);
  let a0 = zero, a1 = zero, a2 = zero, b0 = zero, b1 = zero, b2 = zero, c0 = zero, c1 = zero, c2 = zero;
  for (let row = 0; row < height; row++) {
    let first = source, second = source + sourceRow, third = source + 2 * sourceRow, from = gradient;
    let left = width;
    for (; left >= 2; left -= 2) {
      const g = v128.load(from), h = v128.load(from, 16);
      a0 = multiplyAdd(v128.load(first), g, a0);
      b0 = multiplyAdd(v128.load(second), g, b0);
      c0 = multiplyAdd(v128.load(third), g, c0);
      let x = v128.load(first, 16), y = v128.load(second, 16), z = v128.load(third, 16);
      a1 = multiplyAdd(x, g, a1);
      b1 = multiplyAdd(y, g, b1);
      c1 = multiplyAdd(z, g, c1);
      if (stride == 1) {
        a0 = multiplyAdd(x, h, a0);
        b0 = multiplyAdd(y, h, b0);
        c0 = multiplyAdd(z, h, c0);
      }
      x = v128.load(first, 32);
      y = v128.load(second, 32);
      z = v128.load(third, 32);
      a2 = multiplyAdd(x, g, a2);
      b2 = multiplyAdd(y, g, b2);
      c2 = multiplyAdd(z, g, c2);
      if (stride == 1) {
        a1 = multiplyAdd(x, h, a1);
        b1 = multiplyAdd(y, h, b1);
        c1 = multiplyAdd(z, h, c1);
        a2 = multiplyAdd(v128.load(first, 48), h, a2);
        b2 = multiplyAdd(v128.load(second, 48), h, b2);
        c2 = multiplyAdd(v128.load(third, 48), h, c2);
      } else {
        a0 = multiplyAdd(x, h, a0);
        b0 = multiplyAdd(y, h, b0);
        c0 = multiplyAdd(z, h, c0);
        a1 = multiplyAdd(v128.load(first, 48), h, a1);
        b1 = multiplyAdd(v128.load(second, 48), h, b1);
        c1 = multiplyAdd(v128.load(third, 48), h, c1);
        a2 = multiplyAdd(v128.load(first, 64), h, a2);
        b2 = multiplyAdd(v128.load(second, 64), h, b2);
        c2 = multiplyAdd(v128.load(third, 64), h, c2);
      }
      first += 2 * stride * pixelBytes;
      second += 2 * stride * pixelBytes;
      third += 2 * stride * pixelBytes;
      from += 2 * pixelBytes;
    }
    if (left > 0) {
      const g = v128.load(from);
      a0 = multiplyAdd(v128.load(first), g, a0);
      a1 = multiplyAdd(v128.load(first, 16), g, a1);
      a2 = multiplyAdd(v128.load(first, 32), g, a2);
      b0 = multiplyAdd(v128.load(second), g, b0);
      b1 = multiplyAdd(v128.load(second, 16), g, b1);
      b2 = multiplyAdd(v128.load(second, 32), g, b2);
      c0 = multiplyAdd(v128.load(third), g, c0);
      c1 = multiplyAdd(v128.load(third, 16), g, c1);
      c2 = multiplyAdd(v128.load(third, 32), g, c2);
    }
    source += stride * sourceRow;
    gradient += gradientRow;
  }
  addTo(sums, a0);
  addTo(sums + sumsTap, a1);
  addTo(sums + 2 * sumsTap, a2);
  sums += sumsRow;
  addTo(sums, b0);
  addTo(sums + sumsTap, b1);
  addTo(sums + 2 * sumsTap, b2);
  sums += sumsRow;
  addTo(sums, c0);
  addTo(sums + sumsTap, c1);
  addTo(sums + 2 * sumsTap, c2);
}

/**
 * Five taps of each of two filter rows, `between` bytes apart in the source, whose sums lie `sumsBetween` bytes
 * apart.
 */
@inline
export function tenTaps(
  stride: usize,
  height: i32,
  width: i32,
  source: usize,
  sourceRow: usize,
  between: usize,
  gradient: usize,
  gradientRow: usize,
  sums: usize,
  sumsBetween: usize,
  sumsTap: usize,
): void {
  const zero = f32x4.splat(0);
  let a0 = zero, a1 = zero, a2 = zero, a3 = zero, a4 = zero, b0 = zero, b1 = zero, b2 = zero, b3 = zero, b4 = zero;
  for (let row = 0; row < height; row++) {
    let first = source, second = source + between, from = gradient;
    let left = width;
    for (; left >= 2; left -= 2) {
      const g = v128.load(from), h = v128.load(from, 16);
      a0 = multiplyAdd(v128.load(first), g, a0);
      b0 = multiplyAdd(v128.load(second), g, b0);
      let x = v128.load(first, 16), y = v128.load(second, 16);
      a1 = multiplyAdd(x, g, a1);
      b1 = multiplyAdd(y, g, b1);
      if (stride == 1) {
        a0 = multiplyAdd(x, h, a0);
        b0 = multiplyAdd(y, h, b0);
      }
      x = v128.load(first, 32);
      y = v128.load(second, 32);
      a2 = multiplyAdd(x, g, a2);
      b2 = multiplyAdd(y, g, b2);
      if (stride == 1) {
        a1 = multiplyAdd(x, h, a1);
        b1 = multiplyAdd(y, h, b1);
      } else {
        a0 = multiplyAdd(x, h, a0);
        b0 = multiplyAdd(y, h, b0);
      }
      x = v128.load(first, 48);
      y = v128.load(second, 48);
      a3 = multiplyAdd(x, g, a3);
      b3 = multiplyAdd(y, g, b3);
      if (stride == 1) {
        a2 = multiplyAdd(x, h, a2);
        b2 = multiplyAdd(y, h, b2);
      } else {
        a1 = multiplyAdd(x, h, a1);
        b1 = multiplyAdd(y, h, b1);
      }
      x = v128.load(first, 64);
      y = v128.load(second, 64);
      a4 = multiplyAdd(x, g, a4);
      b4 = multiplyAdd(y, g, b4);
      if (stride == 1) {
        a3 = multiplyAdd(x, h, a3);
        b3 = multiplyAdd(y, h, b3);
        a4 = multiplyAdd(v128.load(first, 80), h, a4);
        b4 = multiplyAdd(v128.load(second, 80), h, b4);
      } else {
        a2 = multiplyAdd(x, h, a2);
        b2 = multiplyAdd(y, h, b2);
        a3 = multiplyAdd(v128.load(first, 80), h, a3);
        b3 = multiplyAdd(v128.load(second, 80), h, b3);
        a4 = multiplyAdd(v128.load(first, 96), h, a4);
        b4 = multiplyAdd(v128.load(second, 96), h, b4);
      }
      first += 2 * stride * pixelBytes;
      second += 2 * stride * pixelBytes;
      from += 2 * pixelBytes;
    }
    if (left > 0) {
      const g = v128.load(from);
      a0 = multiplyAdd(v128.load(first), g, a0);
      a1 = multiplyAdd(v128.load(first, 16), g, a1);
      a2 = multiplyAdd(v128.load(first, 32), g, a2);
      a3 = multiplyAdd(v128.load(first, 48), g, a3);
      a4 = multiplyAdd(v128.load(first, 64), g, a4);
      b0 = multiplyAdd(v128.load(second), g, b0);
      b1 = multiplyAdd(v128.load(second, 16), g, b1);
      b2 = multiplyAdd(v128.load(second, 32), g, b2);
      b3 = multiplyAdd(v128.load(second, 48), g, b3);
      b4 = multiplyAdd(v128.load(second, 64), g, b4);
    }
    source += stride * sourceRow;
    gradient += gradientRow;
  }
  addTo(sums, a0);
  addTo(sums + sumsTap, a1);
  addTo(sums + 2 * sumsTap, a2);
  addTo(sums + 3 * sumsTap, a3);
  addTo(sums + 4 * sumsTap, a4);
  sums += sumsBetween;
  addTo(sums, b0);
  addTo(sums + sumsTap, b1);
  addTo(sums + 2 * sumsTap, b2);
  addTo(sums + 3 * sumsTap, b3);
  addTo(sums + 4 * sumsTap, b4);
}

/** `taps` (1, 2 or 5) of one filter row, even and odd columns apart. */
@inline
export function someTaps(
  taps: i32,
  stride: usize,
  height: i32,
  width: i32,
  source: usize,
  sourceRow: usize,
  gradient: usize,
  gradientRow: usize,
  sums: usize,
  sumsTap: usize,
): void {
  const zero = f32x4.splat(0);
  let a0 = zero, a1 = zero, a2 = zero, a3 = zero, a4 = zero, b0 = zero, b1 = zero, b2 = zero, b3 = zero, b4 = zero;
  for (let row = 0; row < height; row++) {
    let even = source, from = gradient;
    let left = width;
    for (; left >= 2; left -= 2) {
      const g = v128.load(from), h = v128.load(from, 16);
      const odd = even + stride * pixelBytes;
      a0 = multiplyAdd(v128.load(even), g, a0);
      b0 = multiplyAdd(v128.load(odd), h, b0);
      if (taps > 1) {
        a1 = multiplyAdd(v128.load(even, 16), g, a1);
        b1 = multiplyAdd(v128.load(odd, 16), h, b1);
      }
      if (taps > 2) {
        a2 = multiplyAdd(v128.load(even, 32), g, a2);
        b2 = multiplyAdd(v128.load(odd, 32), h, b2);
      }
      if (taps > 3) {
        a3 = multiplyAdd(v128.load(even, 48), g, a3);
        b3 = multiplyAdd(v128.load(odd, 48), h, b3);
        a4 = multiplyAdd(v128.load(even, 64), g, a4);
        b4 = multiplyAdd(v128.load(odd, 64), h, b4);
      }
      even += 2 * stride * pixelBytes;
      from += 2 * pixelBytes;
    }
    if (left > 0) {
      const g = v128.load(from);
      a0 = multiplyAdd(v128.load(even), g, a0);
      if (taps > 1) a1 = multiplyAdd(v128.load(even, 16), g, a1);
      if (taps > 2) a2 = multiplyAdd(v128.load(even, 32), g, a2);
      if (taps > 3) {
        a3 = multiplyAdd(v128.load(even, 48), g, a3);
        a4 = multiplyAdd(v128.load(even, 64), g, a4);
      }
    }
    source += stride * sourceRow;
    gradient += gradientRow;
  }
  addTo(sums, f32x4.add(a0, b0));
  if (taps > 1) addTo(sums + sumsTap, f32x4.add(a1, b1));
  if (taps > 2) addTo(sums + 2 * sumsTap, f32x4.add(a2, b2));
  if (taps > 3) {
    addTo(sums + 3 * sumsTap, f32x4.add(a3, b3));
    addTo(sums + 4 * sumsTap, f32x4.add(a4, b4));
  }
}
