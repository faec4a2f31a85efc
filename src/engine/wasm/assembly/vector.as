// Eight neighbouring columns (channels) as two vectors: the unit in which all kernels work. The last unit of a row may
// hold fewer; its missing columns read as zero and are not written.

/** a * b + c. With relaxed SIMD one instruction, rounded once where the CPU can. */
@inline
export function multiplyAdd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** `count` rounded up to a multiple of eight. */
@inline
export function paddedColumns(count: i32): i32 {
  return (count + 7) & ~7;
}

function loadPart(address: usize, count: i32): v128 {
  let part = f32x4.splat(0);
  if (count > 0) part = v128.load_lane<f32>(address, part, 0);
  if (count > 1) part = v128.load_lane<f32>(address, part, 1, 4);
  if (count > 2) part = v128.load_lane<f32>(address, part, 2, 8);
  if (count > 3) part = v128.load_lane<f32>(address, part, 3, 12);
  return part;
}

function storePart(address: usize, part: v128, count: i32): void {
  if (count > 0) v128.store_lane<f32>(address, part, 0);
  if (count > 1) v128.store_lane<f32>(address, part, 1, 4);
  if (count > 2) v128.store_lane<f32>(address, part, 2, 8);
  if (count > 3) v128.store_lane<f32>(address, part, 3, 12);
}

/** Columns 0 to 3 of the `columns` at `address`. */
@inline
export function loadLow(address: usize, columns: i32): v128 {
  return columns >= 4 ? v128.load(address) : loadPart(address, columns);
}

/** Columns 4 to 7 of the `columns` at `address`. */
@inline
export function loadHigh(address: usize, columns: i32): v128 {
  return columns >= 8 ? v128.load(address, 16) : loadPart(address + 16, columns - 4);
}

/** Writes the first `columns` of a unit. */
@inline
export function storeUnit(address: usize, low: v128, high: v128, columns: i32): void {
  if (columns >= 8) {
    v128.store(address, low);
    v128.store(address, high, 16);
  } else {
    storePart(address, low, columns);
    storePart(address + 16, high, columns - 4);
  }
}

/** Copies `count` floats. */
@inline
export function copyFloats(source: usize, target: usize, count: i32): void {
  let left = count;
  while (left >= 4) {
    v128.store(target, v128.load(source));
    source += 16;
    target += 16;
    left -= 4;
  }
  while (left > 0) {
    f32.store(target, f32.load(source));
    source += 4;
    target += 4;
    left--;
  }
}

/** Writes `count` zeros. */
@inline
export function clearFloats(target: usize, count: i32): void {
  let left = count;
  while (left >= 4) {
    v128.store(target, f32x4.splat(0));
    target += 16;
    left -= 4;
  }
  while (left > 0) {
    f32.store(target, 0);
    target += 4;
    left--;
  }
}

/** target += source over `count` floats. */
@inline
export function addFloats(source: usize, target: usize, count: i32): void {
  let left = count;
  while (left >= 4) {
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
    source += 16;
    target += 16;
    left -= 4;
  }
  while (left > 0) {
    f32.store(target, f32.load(target) + f32.load(source));
    source += 4;
    target += 4;
    left--;
  }
}
