// The plane functions of value.as and normalisation.as for two columns of four channels at once, from bytes `c` and
// `d` of a pixel on: each cache line of a large tensor is then visited half as often. Where a pixel's columns are odd
// in number the last is its own partner, `d` = `c`: everything is loaded before anything is stored, so that does no
// harm.
import { multiplyAdd } from "./vector";
import { Value } from "./step";

@inline
function coefficient(value: Value, row: usize, c: usize, otherwise: f32): v128 {
  if (value.coefficients == 0) return f32x4.splat(otherwise);
  return v128.load(value.coefficients + row * (<usize> value.stride << 2) + c);
}

@inline
function firstPixel(value: Value, tensor: usize, image: i32): usize {
  return tensor + (<usize> (image * value.height * value.width * value.stride) << 2);
}

/** As loadPlane, to the planes at `target` and `other`. */
export function loadPlanes(
  value: Value, image: i32, c: usize, d: usize, target: usize, other: usize, row: usize,
): void {
  const rowBytes = <usize> value.stride << 2, apart = d - c, targetsApart = other - target;
  const lower = f32x4.splat(value.lower), upper = f32x4.splat(value.upper);
  const scale0 = coefficient(value, 0, c, 1), scale1 = coefficient(value, 0, d, 1);
  const shift0 = coefficient(value, 1, c, 0), shift1 = coefficient(value, 1, d, 0);
  let from = firstPixel(value, value.raw, image) + c;
  if (value.gate != 0) {
    const gates = value.gate + <usize> image * rowBytes;
    const gate0 = v128.load(gates + c), gate1 = v128.load(gates + d);
    for (let y = 0; y < value.height; y++) {
      let to = target;
      for (let x = value.width; x > 0; x--) {
        const z0 = multiplyAdd(v128.load(from), scale0, shift0);
        const z1 = multiplyAdd(v128.load(from + apart), scale1, shift1);
        v128.store(to, f32x4.mul(f32x4.pmin(f32x4.pmax(z0, lower), upper), gate0));
        v128.store(to + targetsApart, f32x4.mul(f32x4.pmin(f32x4.pmax(z1, lower), upper), gate1));
        from += rowBytes;
        to += 16;
      }
      target += row;
    }
    return;
  }
  for (let y = 0; y < value.height; y++) {
    let to = target;
    for (let x = value.width; x > 0; x--) {
      const z0 = multiplyAdd(v128.load(from), scale0, shift0);
      const z1 = multiplyAdd(v128.load(from + apart), scale1, shift1);
      v128.store(to, f32x4.pmin(f32x4.pmax(z0, lower), upper));
      v128.store(to + targetsApart, f32x4.pmin(f32x4.pmax(z1, lower), upper));
      from += rowBytes;
      to += 16;
    }
    target += row;
  }
}

/** As loadOutputGradientPlane, of a value with a table. */
export function loadOutputGradientPlanes(
  value: Value, image: i32, c: usize, d: usize, table: usize, target: usize, other: usize, row: usize,
): void {
  const rowBytes = <usize> value.stride << 2, apart = d - c, targetsApart = other - target;
  const a0 = v128.load(table + c), b0 = v128.load(table + rowBytes + c), c0 = v128.load(table + 2 * rowBytes + c);
  const a1 = v128.load(table + d), b1 = v128.load(table + rowBytes + d), c1 = v128.load(table + 2 * rowBytes + d);
  let gradient = firstPixel(value, value.gradient, image) + c, raw = firstPixel(value, value.raw, image) + c;
  for (let y = 0; y < value.height; y++) {
    let to = target;
    for (let x = value.width; x > 0; x--) {
      v128.store(to, multiplyAdd(v128.load(gradient), a0, multiplyAdd(v128.load(raw), b0, c0)));
      const y1 = v128.load(raw + apart);
      v128.store(to + targetsApart, multiplyAdd(v128.load(gradient + apart), a1, multiplyAdd(y1, b1, c1)));
      gradient += rowBytes;
      raw += rowBytes;
      to += 16;
    }
    target += row;
  }
}

@inline
function storeGradients(
  value: Value, image: i32, c: usize, d: usize, source: usize, other: usize, row: usize, adds: bool, part: i32,
): void {
  const rowBytes = <usize> value.stride << 2, apart = d - c, sourcesApart = other - source;
  const lower = f32x4.splat(value.gate == 0 ? value.lower : -Infinity);
  const upper = f32x4.splat(value.gate == 0 ? value.upper : Infinity);
  const scale0 = coefficient(value, 0, c, 1), scale1 = coefficient(value, 0, d, 1);
  const shift0 = coefficient(value, 1, c, 0), shift1 = coefficient(value, 1, d, 0);
  const mean0 = coefficient(value, 2, c, 0), mean1 = coefficient(value, 2, d, 0);
  let sum0 = f32x4.splat(0), sum1 = sum0, product0 = sum0, product1 = sum0;
  let raw = firstPixel(value, value.raw, image) + c, to = firstPixel(value, value.gradient, image) + c;
  for (let y = 0; y < value.height; y++) {
    let from = source;
    for (let x = value.width; x > 0; x--) {
      const y0 = v128.load(raw), y1 = v128.load(raw + apart);
      const z0 = multiplyAdd(y0, scale0, shift0), z1 = multiplyAdd(y1, scale1, shift1);
      let g0 = v128.and(v128.load(from), v128.and(f32x4.gt(z0, lower), f32x4.lt(z0, upper)));
      let g1 = v128.and(v128.load(from + sourcesApart), v128.and(f32x4.gt(z1, lower), f32x4.lt(z1, upper)));
      sum0 = f32x4.add(sum0, g0);
      sum1 = f32x4.add(sum1, g1);
      product0 = multiplyAdd(g0, f32x4.sub(y0, mean0), product0);
      product1 = multiplyAdd(g1, f32x4.sub(y1, mean1), product1);
      if (adds) {
        g0 = f32x4.add(g0, v128.load(to));
        g1 = f32x4.add(g1, v128.load(to + apart));
      }
      v128.store(to, g0);
      v128.store(to + apart, g1);
      raw += rowBytes;
      from += 16;
      to += rowBytes;
    }
    source += row;
  }
  if (value.gradientSums == 0) return;
  const sums = value.gradientSums + <usize> part * 2 * rowBytes + c;
  sum0 = f32x4.add(sum0, v128.load(sums));
  sum1 = f32x4.add(sum1, v128.load(sums + apart));
  product0 = f32x4.add(product0, v128.load(sums + rowBytes));
  product1 = f32x4.add(product1, v128.load(sums + rowBytes + apart));
  v128.store(sums, sum0);
  v128.store(sums + apart, sum1);
  v128.store(sums + rowBytes, product0);
  v128.store(sums + rowBytes + apart, product1);
}

export function writeGradientPlanes(
  value: Value, image: i32, c: usize, d: usize, source: usize, other: usize, row: usize, part: i32,
): void {
  storeGradients(value, image, c, d, source, other, row, false, part);
}

export function addGradientPlanes(
  value: Value, image: i32, c: usize, d: usize, source: usize, other: usize, row: usize, part: i32,
): void {
  storeGradients(value, image, c, d, source, other, row, true, part);
}

/** As storeOutputPlane: dense planes at `plane` and `other`. */
export function storeOutputPlanes(
  value: Value, image: i32, c: usize, d: usize, plane: usize, other: usize, partials: usize, first: bool,
): void {
  const rowBytes = <usize> value.stride << 2, apart = d - c, planesApart = other - plane;
  let to = firstPixel(value, value.raw, image) + c;
  const statistics = partials + c;
  let shift0 = v128.load(plane), shift1 = v128.load(other);
  let sum0 = f32x4.splat(0), sum1 = sum0, square0 = sum0, square1 = sum0;
  if (partials != 0 && !first) {
    shift0 = v128.load(statistics);
    shift1 = v128.load(statistics + apart);
    sum0 = v128.load(statistics + rowBytes);
    sum1 = v128.load(statistics + rowBytes + apart);
    square0 = v128.load(statistics + 2 * rowBytes);
    square1 = v128.load(statistics + 2 * rowBytes + apart);
  }
  for (let pixels = value.height * value.width; pixels > 0; pixels--) {
    const y0 = v128.load(plane), y1 = v128.load(plane + planesApart);
    const d0 = f32x4.sub(y0, shift0), d1 = f32x4.sub(y1, shift1);
    sum0 = f32x4.add(sum0, d0);
    sum1 = f32x4.add(sum1, d1);
    square0 = multiplyAdd(d0, d0, square0);
    square1 = multiplyAdd(d1, d1, square1);
    v128.store(to, y0);
    v128.store(to + apart, y1);
    plane += 16;
    to += rowBytes;
  }
  if (partials == 0) return;
  v128.store(statistics, shift0);
  v128.store(statistics + apart, shift1);
  v128.store(statistics + rowBytes, sum0);
  v128.store(statistics + rowBytes + apart, sum1);
  v128.store(statistics + 2 * rowBytes, square0);
  v128.store(statistics + 2 * rowBytes + apart, square1);
}
