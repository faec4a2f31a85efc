// Reading a value with its pending batch norm, activation and gate, and writing its gradient: what lets every kernel
// work on plain floats in its scratch memory, while each large tensor crosses the caches once.
import { loadColumn, loadGradientColumn, storeColumn, sumColumn } from "./column";
import { Value } from "./step";

/**
 * Copies `rows` pixels of `value`, from the `row`-th of the whole batch on, to `target`, `value.stride` floats each.
 * Rows of a gated value must lie in one image.
 */
export function loadRows(value: Value, row: i32, rows: i32, target: usize): void {
  const stride = value.stride;
  const rowBytes = <usize> stride << 2;
  const source = value.raw + <usize> row * rowBytes;
  const coefficients = value.coefficients, gate = value.gate;
  const plain = value.lower == -Infinity && value.upper == Infinity;
  if (coefficients == 0 && gate == 0 && plain) {
    memory.copy(target, source, <usize> rows * rowBytes);
    return;
  }
  // Images are the only values whose stride is not a multiple of 4, and they are plain.
  const image = row / (value.height * value.width);
  for (let c: usize = 0; c < rowBytes; c += 16) {
    loadColumn(value, image, c, 1, rows, source + c, target + c, 0, rowBytes, true);
  }
}

/** The same of the value before its activation, without a gate: scale * raw + shift. */
export function loadRowsBeforeActivation(value: Value, row: i32, rows: i32, target: usize): void {
  const rowBytes = <usize> value.stride << 2;
  const source = value.raw + <usize> row * rowBytes;
  for (let c: usize = 0; c < rowBytes; c += 16) {
    loadColumn(value, 0, c, 1, rows, source + c, target + c, 0, rowBytes, false);
  }
}

/**
 * Copies one image's four channels from byte `c` of a pixel on to a plane `[height][width][4]` whose rows are
 * `targetRow` bytes apart.
 */
export function loadPlane(value: Value, image: i32, c: usize, target: usize, targetRow: usize): void {
  const rowBytes = <usize> value.stride << 2;
  const source = value.raw + <usize> (image * value.height * value.width) * rowBytes + c;
  loadColumn(value, image, c, value.height, value.width, source, target, targetRow, 16, true);
}

/** Sum over one image's pixels of the four channels of `value` from byte `c` of a pixel on. */
@inline
export function sumPixels(value: Value, image: i32, c: usize): v128 {
  return sumColumn(value, image, c, 0);
}

/** The same of the products with `gradient`, a tensor laid out as the value. */
@inline
export function sumProducts(value: Value, image: i32, c: usize, gradient: usize): v128 {
  return sumColumn(value, image, c, gradient);
}

/**
 * Brings `source`, the gradient of `rows` pixels of `value` itself (after its activation), to `value.gradient`:
 * masked by the activation, written (`mode` 1) or added (2), its sums added to those of `part`, which the caller has
 * cleared with clearGradientSums where it writes. A gated value's gradient is stored as it is.
 */
export function storeGradientRows(value: Value, row: i32, rows: i32, source: usize, mode: i32, part: i32): void {
  if (mode == 0) return;
  const rowBytes = <usize> value.stride << 2;
  const offset = <usize> row * rowBytes;
  const plain = value.lower == -Infinity && value.upper == Infinity;
  if (value.gate != 0 || (value.coefficients == 0 && plain)) {
    const target = value.gradient + offset;
    if (mode == 1) memory.copy(target, source, <usize> rows * rowBytes);
    else addFloats(source, target, rows * value.stride);
    return;
  }
  for (let c: usize = 0; c < rowBytes; c += 16) {
    storeColumn(value, offset + c, c, 1, rows, source + c, 0, rowBytes, mode == 2, part, true);
  }
}

/** The same where `source` is the gradient before the activation; not for a gated value. */
export function storeGradientRowsBeforeActivation(
  value: Value,
  row: i32,
  rows: i32,
  source: usize,
  mode: i32,
  part: i32,
): void {
  if (mode == 0) return;
  const rowBytes = <usize> value.stride << 2;
  const offset = <usize> row * rowBytes;
  for (let c: usize = 0; c < rowBytes; c += 16) {
    storeColumn(value, offset + c, c, 1, rows, source + c, 0, rowBytes, mode == 2, part, false);
  }
}

/**
 * The same for one image's four channels from byte `c` of a pixel on. `source`: a plane whose rows and pixels are
 * `sourceRow` and `sourcePixel` bytes apart, 0 for one gradient of all pixels.
 */
export function storeGradientPlane(
  value: Value,
  image: i32,
  c: usize,
  source: usize,
  sourceRow: usize,
  sourcePixel: usize,
  mode: i32,
  part: i32,
): void {
  if (mode == 0) return;
  const offset = <usize> (image * value.height * value.width) * (<usize> value.stride << 2) + c;
  const height = value.height, width = value.width;
  // Two loops, so that writing has nothing of adding in it.
  if (mode == 1) storeColumn(value, offset, c, height, width, source, sourceRow, sourcePixel, false, part, true);
  else storeColumn(value, offset, c, height, width, source, sourceRow, sourcePixel, true, part, true);
}

/** Begins the sums of `part` where its gradient is written (`mode` 1). */
export function clearGradientSums(value: Value, mode: i32, part: i32): void {
  if (mode != 1 || value.gradientSums == 0) return;
  const bytes = <usize> value.stride << 3;
  memory.fill(value.gradientSums + <usize> part * bytes, 0, bytes);
}

/** target += source over `count` floats, a multiple of 4 or not. */
export function addFloats(source: usize, target: usize, count: i32): void {
  let left = count;
  for (; left >= 4; left -= 4) {
    v128.store(target, f32x4.add(v128.load(target), v128.load(source)));
    source += 16;
    target += 16;
  }
  for (; left > 0; left--) {
    f32.store(target, f32.load(target) + f32.load(source));
    source += 4;
    target += 4;
  }
}

/**
 * Gradient of `rows` pixels of a value's raw output to `target`; `table` as of outputGradientTable, 0: no batch norm.
 */
export function loadOutputGradient(value: Value, row: i32, rows: i32, table: usize, target: usize): void {
  const rowBytes = <usize> value.stride << 2;
  const offset = <usize> row * rowBytes;
  if (table == 0) {
    memory.copy(target, value.gradient + offset, <usize> rows * rowBytes);
    return;
  }
  for (let c: usize = 0; c < rowBytes; c += 16) {
    loadGradientColumn(value, offset + c, c, 1, rows, table, target + c, 0, rowBytes);
  }
}

/**
 * The same for one image's four channels from byte `c` of a pixel on, to a plane whose rows are `targetRow` bytes
 * apart.
 */
export function loadOutputGradientPlane(
  value: Value,
  image: i32,
  c: usize,
  table: usize,
  target: usize,
  targetRow: usize,
): void {
  const offset = <usize> (image * value.height * value.width) * (<usize> value.stride << 2) + c;
  loadGradientColumn(value, offset, c, value.height, value.width, table, target, targetRow, 16);
}
