// Correlation of one plane: four channels of an image as [rows][columns][4 floats], with whatever border the caller
// wants. All depthwise work is this: the forward pass, and the input gradient as a correlation of the gradient, once
// per phase of the stride.
import { tileByOne, tileByTwo, tileOfSeven } from "./correlation_tiles";
import { multiplyAdd } from "./vector";

/** Bytes of a plane's pixel. */
export const pixelBytes: usize = 16;

@inline
function sevensPlane(
  taps: i32, height: i32, width: i32, source: usize, sourceRow: usize, filter: usize, target: usize,
): void {
  for (let y = 0; y < height; y++) {
    for (let x: usize = 0; x < <usize> width; x += 7) {
      tileOfSeven(taps, taps, source + x * pixelBytes, sourceRow, filter, target + x * pixelBytes, pixelBytes);
    }
    source += sourceRow;
    target += <usize> width * pixelBytes;
  }
}

@inline
function tilePlane(
  taps: i32,
  byTwo: bool,
  height: i32,
  width: i32,
  rows: i32,
  source: usize,
  sourceRow: usize,
  filter: usize,
  target: usize,
  targetRow: usize,
  targetPixel: usize,
): void {
  const stride: usize = byTwo ? 2 : 1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x += 4) {
      // The last tile is moved back to end with the row: it computes some outputs again.
      const column = <usize> min(x, width - 4);
      const from = source + column * stride * pixelBytes, to = target + column * targetPixel;
      if (byTwo) tileByTwo(taps, rows, from, sourceRow, filter, to, targetPixel);
      else tileByOne(taps, rows, from, sourceRow, filter, to, targetPixel);
    }
    source += stride * sourceRow;
    target += targetRow;
  }
}

function singlePixels(
  height: i32,
  width: i32,
  rows: i32,
  taps: i32,
  stride: i32,
  source: usize,
  sourceRow: usize,
  filter: usize,
  target: usize,
  targetRow: usize,
  targetPixel: usize,
): void {
  for (let y = 0; y < height; y++) {
    let from = source, to = target;
    for (let x = 0; x < width; x++) {
      let sum = f32x4.splat(0);
      let weight = filter, line = from;
      for (let row = 0; row < rows; row++) {
        let pixel = line;
        for (let tap = 0; tap < taps; tap++) {
          sum = multiplyAdd(v128.load(pixel), v128.load(weight), sum);
          pixel += pixelBytes;
          weight += pixelBytes;
        }
        line += sourceRow;
      }
      v128.store(to, sum);
      from += <usize> stride * pixelBytes;
      to += targetPixel;
    }
    source += <usize> stride * sourceRow;
    target += targetRow;
  }
}

// Each a function of its own: in one large function V8 makes them two to three times slower.

function square3ByOne(
  height: i32, width: i32, source: usize, sourceRow: usize, filter: usize, target: usize,
): void {
  tilePlane(3, false, height, width, 3, source, sourceRow, filter, target, <usize> width * pixelBytes, pixelBytes);
}

function square5ByOne(
  height: i32, width: i32, source: usize, sourceRow: usize, filter: usize, target: usize,
): void {
  tilePlane(5, false, height, width, 5, source, sourceRow, filter, target, <usize> width * pixelBytes, pixelBytes);
}

function sevens3(
  height: i32, width: i32, source: usize, sourceRow: usize, filter: usize, target: usize,
): void {
  sevensPlane(3, height, width, source, sourceRow, filter, target);
}

function sevens5(
  height: i32, width: i32, source: usize, sourceRow: usize, filter: usize, target: usize,
): void {
  sevensPlane(5, height, width, source, sourceRow, filter, target);
}

function square3ByTwo(
  height: i32, width: i32, source: usize, sourceRow: usize, filter: usize, target: usize,
): void {
  tilePlane(3, true, height, width, 3, source, sourceRow, filter, target, <usize> width * pixelBytes, pixelBytes);
}

function square5ByTwo(
  height: i32, width: i32, source: usize, sourceRow: usize, filter: usize, target: usize,
): void {
  tilePlane(5, true, height, width, 5, source, sourceRow, filter, target, <usize> width * pixelBytes, pixelBytes);
}

function oneTapByOne(
  height: i32, width: i32, rows: i32, source: usize, sourceRow: usize, filter: usize, target: usize, targetRow: usize,
  targetPixel: usize,
): void {
  tilePlane(1, false, height, width, rows, source, sourceRow, filter, target, targetRow, targetPixel);
}

function twoTapsByOne(
  height: i32, width: i32, rows: i32, source: usize, sourceRow: usize, filter: usize, target: usize, targetRow: usize,
  targetPixel: usize,
): void {
  tilePlane(2, false, height, width, rows, source, sourceRow, filter, target, targetRow, targetPixel);
}

function threeTapsByOne(
  height: i32, width: i32, rows: i32, source: usize, sourceRow: usize, filter: usize, target: usize, targetRow: usize,
  targetPixel: usize,
): void {
  tilePlane(3, false, height, width, rows, source, sourceRow, filter, target, targetRow, targetPixel);
}

/**
 * The input gradient of a 3x3 filter with stride 2, for `rows` x `columns` blocks of 2x2 input pixels, the first at
 * padded position (0, 0): `gradient` points to the first output's, with a row and a column of zeros before.
 */
export function spread3ByTwo(
  rows: i32,
  columns: i32,
  gradient: usize,
  gradientRow: usize,
  filter: usize,
  target: usize,
  targetRow: usize,
): void {
  const w00 = v128.load(filter), w01 = v128.load(filter, 16), w02 = v128.load(filter, 32);
  const w10 = v128.load(filter, 48), w11 = v128.load(filter, 64), w12 = v128.load(filter, 80);
  const w20 = v128.load(filter, 96), w21 = v128.load(filter, 112), w22 = v128.load(filter, 128);
  for (let row = 0; row < rows; row++) {
    let here = gradient, above = gradient - gradientRow, to = target;
    let before = v128.load(here - pixelBytes), beforeAbove = v128.load(above - pixelBytes);
    for (let column = 0; column < columns; column++) {
      const g = v128.load(here), gAbove = v128.load(above);
      const corner = multiplyAdd(before, w02, f32x4.mul(beforeAbove, w22));
      v128.store(to, multiplyAdd(g, w00, multiplyAdd(gAbove, w20, corner)));
      v128.store(to + pixelBytes, multiplyAdd(g, w01, f32x4.mul(gAbove, w21)));
      v128.store(to + targetRow, multiplyAdd(g, w10, f32x4.mul(before, w12)));
      v128.store(to + targetRow + pixelBytes, f32x4.mul(g, w11));
      before = g;
      beforeAbove = gAbove;
      here += pixelBytes;
      above += pixelBytes;
      to += 2 * pixelBytes;
    }
    gradient += gradientRow;
    target += 2 * targetRow;
  }
}

/**
 * target[y, x] = sum over (u, v) of source[y * stride + u, x * stride + v] * filter[u, v], for `height` x `width`
 * outputs, dense, and a dense filter of kernel x kernel vectors. `sourceRow` in bytes.
 */
export function correlateSquare(
  height: i32,
  width: i32,
  kernel: i32,
  stride: i32,
  source: usize,
  sourceRow: usize,
  filter: usize,
  target: usize,
): void {
  if (width % 7 == 0 && stride == 1 && kernel == 3) sevens3(height, width, source, sourceRow, filter, target);
  else if (width % 7 == 0 && stride == 1 && kernel == 5) sevens5(height, width, source, sourceRow, filter, target);
  else if (width >= 4 && stride == 1 && kernel == 3) square3ByOne(height, width, source, sourceRow, filter, target);
  else if (width >= 4 && stride == 1 && kernel == 5) square5ByOne(height, width, source, sourceRow, filter, target);
  else if (width >= 4 && stride == 2 && kernel == 3) square3ByTwo(height, width, source, sourceRow, filter, target);
  else if (width >= 4 && stride == 2 && kernel == 5) square5ByTwo(height, width, source, sourceRow, filter, target);
  else {
    const targetRow = <usize> width * pixelBytes;
    singlePixels(height, width, kernel, kernel, stride, source, sourceRow, filter, target, targetRow, pixelBytes);
  }
}

/**
 * One phase: the same with stride 1 and `rows` x `taps`; `targetRow` and `targetPixel` are distances in bytes.
 */
export function correlatePhase(
  height: i32,
  width: i32,
  rows: i32,
  taps: i32,
  source: usize,
  sourceRow: usize,
  filter: usize,
  target: usize,
  targetRow: usize,
  targetPixel: usize,
): void {
  if (width < 4 || taps < 1 || taps > 3) {
    singlePixels(height, width, rows, taps, 1, source, sourceRow, filter, target, targetRow, targetPixel);
  } else if (taps == 1) oneTapByOne(height, width, rows, source, sourceRow, filter, target, targetRow, targetPixel);
  else if (taps == 2) twoTapsByOne(height, width, rows, source, sourceRow, filter, target, targetRow, targetPixel);
  else threeTapsByOne(height, width, rows, source, sourceRow, filter, target, targetRow, targetPixel);
}
