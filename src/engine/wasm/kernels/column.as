// One column of a value, four channels from byte `c` of a pixel on: the loops behind all that value.as offers.
// Distances are in bytes.
import { multiplyAdd } from "./vector";
import { Value } from "./step";

/** Loads height x width pixels, which are dense in the value; `activates` false: only scale * raw + shift. */
@inline
export function loadColumn(
  value: Value,
  image: i32,
  c: usize,
  height: i32,
  width: i32,
  source: usize,
  target: usize,
  targetRow: usize,
  targetPixel: usize,
  activates: bool,
): void {
  const rowBytes = <usize> value.stride << 2;
  const lower = f32x4.splat(value.lower), upper = f32x4.splat(value.upper);
  let scale = f32x4.splat(1), shift = f32x4.splat(0), factor = f32x4.splat(1);
  if (value.coefficients != 0) {
    scale = v128.load(value.coefficients + c);
    shift = v128.load(value.coefficients + rowBytes + c);
  }
  if (activates && value.gate != 0) factor = v128.load(value.gate + <usize> image * rowBytes + c);
  let from = source;
  for (let y = 0; y < height; y++) {
    let to = target;
    for (let x = 0; x < width; x++) {
      const z = multiplyAdd(v128.load(from), scale, shift);
      // In this order a NaN stays a NaN.
      v128.store(to, activates ? f32x4.mul(f32x4.pmin(f32x4.pmax(z, lower), upper), factor) : z);
      from += rowBytes;
      to += targetPixel;
    }
    target += targetRow;
  }
}

/** Sum over an image's pixels, of products where there is a `gradient`. */
@inline
export function sumColumn(value: Value, image: i32, c: usize, gradient: usize): v128 {
  const rowBytes = <usize> value.stride << 2;
  const pixels = value.height * value.width;
  const offset = <usize> (image * pixels) * rowBytes + c;
  const lower = f32x4.splat(value.lower), upper = f32x4.splat(value.upper);
  let scale = f32x4.splat(1), shift = f32x4.splat(0);
  if (value.coefficients != 0) {
    scale = v128.load(value.coefficients + c);
    shift = v128.load(value.coefficients + rowBytes + c);
  }
  let raw = value.raw + offset, factor = gradient + offset;
  let even = f32x4.splat(0), odd = even;
  for (let i = 0; i < pixels; i++) {
    const z = multiplyAdd(v128.load(raw), scale, shift);
    const v = f32x4.pmin(f32x4.pmax(z, lower), upper);
    const sum = gradient == 0 ? f32x4.add(even, v) : multiplyAdd(v128.load(factor), v, even);
    even = odd;
    odd = sum;
    raw += rowBytes;
    factor += rowBytes;
  }
  const sum = f32x4.add(even, odd);
  return value.gate == 0 ? sum : f32x4.mul(sum, v128.load(value.gate + <usize> image * rowBytes + c));
}

/** Stores a gradient; `masks` false: `source` is that before the activation. */
@inline
export function storeColumn(
  value: Value,
  offset: usize,
  c: usize,
  height: i32,
  width: i32,
  source: usize,
  sourceRow: usize,
  sourcePixel: usize,
  adds: bool,
  part: i32,
  masks: bool,
): void {
  const rowBytes = <usize> value.stride << 2;
  const coefficients = value.coefficients;
  let lower = f32x4.splat(value.lower), upper = f32x4.splat(value.upper);
  let scale = f32x4.splat(1), shift = f32x4.splat(0), mean = f32x4.splat(0);
  if (coefficients != 0) {
    scale = v128.load(coefficients + c);
    shift = v128.load(coefficients + rowBytes + c);
    mean = v128.load(coefficients + 2 * rowBytes + c);
  }
  if (value.gate != 0) {
    lower = f32x4.splat(-Infinity);
    upper = f32x4.splat(Infinity);
  }
  // Two pixels at a time, so that one sum need not wait for the other.
  let sum0 = f32x4.splat(0), sum1 = sum0, product0 = sum0, product1 = sum0;
  let raw = value.raw + offset, to = value.gradient + offset;
  for (let y = 0; y < height; y++) {
    let from = source;
    let left = width;
    for (; left >= 2; left -= 2) {
      const y0 = v128.load(raw), y1 = v128.load(raw + rowBytes);
      let g0 = v128.load(from), g1 = v128.load(from + sourcePixel);
      if (masks) {
        const z0 = multiplyAdd(y0, scale, shift), z1 = multiplyAdd(y1, scale, shift);
        g0 = v128.and(g0, v128.and(f32x4.gt(z0, lower), f32x4.lt(z0, upper)));
        g1 = v128.and(g1, v128.and(f32x4.gt(z1, lower), f32x4.lt(z1, upper)));
      }
      sum0 = f32x4.add(sum0, g0);
      sum1 = f32x4.add(sum1, g1);
      product0 = multiplyAdd(g0, f32x4.sub(y0, mean), product0);
      product1 = multiplyAdd(g1, f32x4.sub(y1, mean), product1);
      v128.store(to, adds ? f32x4.add(v128.load(to), g0) : g0);
      v128.store(to + rowBytes, adds ? f32x4.add(v128.load(to + rowBytes), g1) : g1);
      raw += 2 * rowBytes;
      from += 2 * sourcePixel;
      to += 2 * rowBytes;
    }
    if (left > 0) {
      const y0 = v128.load(raw);
      let g0 = v128.load(from);
      if (masks) {
        const z0 = multiplyAdd(y0, scale, shift);
        g0 = v128.and(g0, v128.and(f32x4.gt(z0, lower), f32x4.lt(z0, upper)));
      }
      sum0 = f32x4.add(sum0, g0);
      product0 = multiplyAdd(g0, f32x4.sub(y0, mean), product0);
      v128.store(to, adds ? f32x4.add(v128.load(to), g0) : g0);
      raw += rowBytes;
      to += rowBytes;
    }
    source += sourceRow;
  }
  if (value.gradientSums != 0) {
    const sums = value.gradientSums + <usize> part * 2 * rowBytes + c;
    v128.store(sums, f32x4.add(v128.load(sums), f32x4.add(sum0, sum1)));
    v128.store(sums + rowBytes, f32x4.add(v128.load(sums + rowBytes), f32x4.add(product0, product1)));
  }
}

/** Loads the gradient of a raw output. */
@inline
export function loadGradientColumn(
  value: Value,
  offset: usize,
  c: usize,
  height: i32,
  width: i32,
  table: usize,
  target: usize,
  targetRow: usize,
  targetPixel: usize,
): void {
  const rowBytes = <usize> value.stride << 2;
  let a = f32x4.splat(1), b = f32x4.splat(0), d = f32x4.splat(0);
  if (table != 0) {
    a = v128.load(table + c);
    b = v128.load(table + rowBytes + c);
    d = v128.load(table + 2 * rowBytes + c);
  }
  let gradient = value.gradient + offset;
  let raw = table == 0 ? gradient : value.raw + offset;
  for (let y = 0; y < height; y++) {
    let to = target;
    for (let x = 0; x < width; x++) {
      v128.store(to, multiplyAdd(v128.load(gradient), a, multiplyAdd(v128.load(raw), b, d)));
      gradient += rowBytes;
      raw += rowBytes;
      to += targetPixel;
    }
    target += targetRow;
  }
}
