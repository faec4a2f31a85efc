// Depthwise convolutions and average pooling, eight channels at a time. A unit's image is first copied to a block
// [height, width, 8] with the padding as zeros: then the loops need no bounds, and what they read lies in the first cache.
import { Geometry } from "./geometry";
import { clearFloats, loadHigh, loadLow, multiplyAdd, storeUnit } from "./vector";

const pixelBytes: usize = 32;

// Size of the padded block of the input, and of the gradient's block that the input gradient reads.
@inline
function inputBlockHeight(g: Geometry): i32 {
  return max(g.padTop + g.inHeight, (g.outHeight - 1) * g.strideHeight + g.filterHeight);
}

@inline
function inputBlockWidth(g: Geometry): i32 {
  return max(g.padLeft + g.inWidth, (g.outWidth - 1) * g.strideWidth + g.filterWidth);
}

// Taps of a filter's phase at most, one less: how far the input gradient reads before and after the gradient.
@inline
function reach(filter: i32, stride: i32): i32 {
  return (filter + stride - 1) / stride - 1;
}

@inline
function gradientBlockHeight(g: Geometry): i32 {
  const margin = reach(g.filterHeight, g.strideHeight);
  return margin + max(g.outHeight, (g.padTop + g.inHeight - 1) / g.strideHeight + 1);
}

@inline
function gradientBlockWidth(g: Geometry): i32 {
  const margin = reach(g.filterWidth, g.strideWidth);
  return margin + max(g.outWidth, (g.padLeft + g.inWidth - 1) / g.strideWidth + 1);
}

/** Floats of scratch that each of the depthwise and pooling kernels needs at most. */
export function depthwiseScratchFloats(g: Geometry): i32 {
  const filter = g.filterHeight * g.filterWidth;
  const input = inputBlockHeight(g) * inputBlockWidth(g) + g.outHeight * g.outWidth;
  return 8 * (filter + max(input, gradientBlockHeight(g) * gradientBlockWidth(g)));
}

// Copies `columns` channels of the pixels [height, width] at `source` to (top, left) of a block.
function copyToBlock(
  source: usize,
  height: i32,
  width: i32,
  channels: i32,
  columns: i32,
  block: usize,
  blockWidth: i32,
  top: i32,
  left: i32,
): void {
  const step = <usize> channels << 2;
  for (let row = 0; row < height; row++) {
    let pixel = block + <usize> ((top + row) * blockWidth + left) * pixelBytes;
    for (let column = 0; column < width; column++) {
      v128.store(pixel, loadLow(source, columns));
      v128.store(pixel, loadHigh(source, columns), 16);
      source += step;
      pixel += pixelBytes;
    }
  }
}

// The filter's `columns` channels as [taps][8].
function packFilter(g: Geometry, filter: usize, columns: i32, packed: usize): void {
  copyToBlock(filter, g.filterHeight, g.filterWidth, g.inChannels, columns, packed, g.filterWidth, 0, 0);
}

// One row of outputs: output c = sum over (u, v) of source[u * rowStep + c * columnStep + v] * filter[u, v], where the
// filter steps may be negative.
@inline
function correlateRow(
  count: i32,
  rows: i32,
  taps: i32,
  source: usize,
  rowStep: usize,
  columnStep: usize,
  filter: usize,
  filterRowStep: usize,
  filterTapStep: usize,
  target: usize,
  targetStep: usize,
  columns: i32,
): void {
  let c = 0;
  for (; c + 4 <= count; c += 4) {
    let a0 = f32x4.splat(0), a1 = f32x4.splat(0), b0 = f32x4.splat(0), b1 = f32x4.splat(0);
    let c0 = f32x4.splat(0), c1 = f32x4.splat(0), d0 = f32x4.splat(0), d1 = f32x4.splat(0);
    let sourceRow = source, filterRow = filter;
    for (let u = 0; u < rows; u++) {
      let pixel = sourceRow, weight = filterRow;
      for (let v = 0; v < taps; v++) {
        const low = v128.load(weight), high = v128.load(weight, 16);
        a0 = multiplyAdd(v128.load(pixel), low, a0);
        a1 = multiplyAdd(v128.load(pixel, 16), high, a1);
        b0 = multiplyAdd(v128.load(pixel + columnStep), low, b0);
        b1 = multiplyAdd(v128.load(pixel + columnStep, 16), high, b1);
        c0 = multiplyAdd(v128.load(pixel + 2 * columnStep), low, c0);
        c1 = multiplyAdd(v128.load(pixel + 2 * columnStep, 16), high, c1);
        d0 = multiplyAdd(v128.load(pixel + 3 * columnStep), low, d0);
        d1 = multiplyAdd(v128.load(pixel + 3 * columnStep, 16), high, d1);
        pixel += pixelBytes;
        weight += filterTapStep;
      }
      sourceRow += rowStep;
      filterRow += filterRowStep;
    }
    storeUnit(target, a0, a1, columns);
    storeUnit(target + targetStep, b0, b1, columns);
    storeUnit(target + 2 * targetStep, c0, c1, columns);
    storeUnit(target + 3 * targetStep, d0, d1, columns);
    source += 4 * columnStep;
    target += 4 * targetStep;
  }
  for (; c < count; c++) {
    let a0 = f32x4.splat(0), a1 = f32x4.splat(0);
    let sourceRow = source, filterRow = filter;
    for (let u = 0; u < rows; u++) {
      let pixel = sourceRow, weight = filterRow;
      for (let v = 0; v < taps; v++) {
        a0 = multiplyAdd(v128.load(pixel), v128.load(weight), a0);
        a1 = multiplyAdd(v128.load(pixel, 16), v128.load(weight, 16), a1);
        pixel += pixelBytes;
        weight += filterTapStep;
      }
      sourceRow += rowStep;
      filterRow += filterRowStep;
    }
    storeUnit(target, a0, a1, columns);
    source += columnStep;
    target += targetStep;
  }
}

/** y `[batch, outHeight, outWidth, channels]` from x and filter `[height, width, channels, 1]`. */
export function depthwise(g: Geometry, x: usize, filter: usize, y: usize, scratch: usize): void {
  const channels = g.inChannels, taps = g.filterHeight * g.filterWidth;
  const inImage = <usize> (g.inHeight * g.inWidth * channels) << 2;
  const outRow = <usize> (g.outWidth * channels) << 2;
  const blockHeight = inputBlockHeight(g), blockWidth = inputBlockWidth(g);
  const rowStep = <usize> blockWidth * pixelBytes;
  const filterRowStep = <usize> g.filterWidth * pixelBytes;
  const targetStep = <usize> channels << 2;
  const packed = scratch, block = scratch + <usize> taps * pixelBytes;
  clearFloats(block, blockHeight * blockWidth * 8);
  for (let channel = 0; channel < channels; channel += 8) {
    const columns = min(8, channels - channel), offset = <usize> channel << 2;
    packFilter(g, filter + offset, columns, packed);
    for (let n = 0; n < g.batch; n++) {
      const image = x + <usize> n * inImage + offset;
      copyToBlock(image, g.inHeight, g.inWidth, channels, columns, block, blockWidth, g.padTop, g.padLeft);
      for (let row = 0; row < g.outHeight; row++) {
        const source = block + <usize> (row * g.strideHeight) * rowStep;
        const target = y + <usize> (n * g.outHeight + row) * outRow + offset;
        // A step known to the compiler becomes part of the load instructions.
        if (g.strideWidth == 1) {
          correlateRow(
            g.outWidth, g.filterHeight, g.filterWidth, source, rowStep, pixelBytes,
            packed, filterRowStep, pixelBytes, target, targetStep, columns,
          );
        } else {
          correlateRow(
            g.outWidth, g.filterHeight, g.filterWidth, source, rowStep, <usize> g.strideWidth * pixelBytes,
            packed, filterRowStep, pixelBytes, target, targetStep, columns,
          );
        }
      }
    }
  }
}

// The input pixels whose padded position leaves one remainder by the stride meet the same taps of the filter, so each
// such phase is a plain correlation of the gradient, with those taps in reverse order.
function spreadImage(
  g: Geometry,
  block: usize,
  blockWidth: i32,
  marginTop: i32,
  marginLeft: i32,
  packed: usize,
  target: usize,
  columns: i32,
): void {
  const rowStep = <usize> blockWidth * pixelBytes;
  const filterRowStep = <usize> (g.strideHeight * g.filterWidth) * pixelBytes;
  const filterTapStep = <usize> g.strideWidth * pixelBytes;
  const targetStep = <usize> (g.strideWidth * g.inChannels) << 2;
  for (let row = 0; row < g.inHeight; row++) {
    const y = row + g.padTop;
    const phaseY = y % g.strideHeight;
    const rows = phaseY < g.filterHeight ? (g.filterHeight - 1 - phaseY) / g.strideHeight + 1 : 0;
    const firstRow = y / g.strideHeight - (rows - 1) + marginTop;
    for (let start = 0; start < min(g.strideWidth, g.inWidth); start++) {
      const x = start + g.padLeft;
      const phaseX = x % g.strideWidth;
      const taps = phaseX < g.filterWidth ? (g.filterWidth - 1 - phaseX) / g.strideWidth + 1 : 0;
      const firstColumn = x / g.strideWidth - (taps - 1) + marginLeft;
      const lastTap = (phaseY + (rows - 1) * g.strideHeight) * g.filterWidth + phaseX + (taps - 1) * g.strideWidth;
      correlateRow(
        (g.inWidth - start + g.strideWidth - 1) / g.strideWidth, rows, taps,
        block + <usize> (firstRow * blockWidth + firstColumn) * pixelBytes, rowStep, pixelBytes,
        packed + <usize> lastTap * pixelBytes, -filterRowStep, -filterTapStep,
        target + (<usize> ((row * g.inWidth + start) * g.inChannels) << 2), targetStep, columns,
      );
    }
  }
}

@inline
function spread(g: Geometry, dy: usize, filter: usize, dx: usize, scratch: usize, average: bool): void {
  const channels = g.inChannels, taps = g.filterHeight * g.filterWidth;
  const inImage = <usize> (g.inHeight * g.inWidth * channels) << 2;
  const outImage = <usize> (g.outHeight * g.outWidth * channels) << 2;
  const blockHeight = gradientBlockHeight(g), blockWidth = gradientBlockWidth(g);
  const top = reach(g.filterHeight, g.strideHeight), left = reach(g.filterWidth, g.strideWidth);
  const packed = scratch, block = scratch + <usize> taps * pixelBytes;
  clearFloats(block, blockHeight * blockWidth * 8);
  if (average) {
    const share = <f32> 1 / <f32> taps;
    for (let i = 0; i < 8 * taps; i++) f32.store(packed + (<usize> i << 2), share);
  }
  for (let channel = 0; channel < channels; channel += 8) {
    const columns = min(8, channels - channel), offset = <usize> channel << 2;
    if (!average) packFilter(g, filter + offset, columns, packed);
    for (let n = 0; n < g.batch; n++) {
      const gradient = dy + <usize> n * outImage + offset;
      copyToBlock(gradient, g.outHeight, g.outWidth, channels, columns, block, blockWidth, top, left);
      spreadImage(g, block, blockWidth, top, left, packed, dx + <usize> n * inImage + offset, columns);
    }
  }
}

/** dx from dy and the filter. */
export function depthwiseInputGradient(g: Geometry, dy: usize, filter: usize, dx: usize, scratch: usize): void {
  spread(g, dy, filter, dx, scratch, false);
}

/** dx of average pooling whose means are taken over whole windows: each pixel of dy spread evenly. */
export function averagePoolGradient(g: Geometry, dy: usize, dx: usize, scratch: usize): void {
  spread(g, dy, 0, dx, scratch, true);
}

@inline
function addTo(sums: usize, low: v128, high: v128): void {
  v128.store(sums, f32x4.add(v128.load(sums), low));
  v128.store(sums, f32x4.add(v128.load(sums, 16), high), 16);
}

// sums[tap] += sum over all output pixels of x at (pixel * stride + tap) * dy at pixel, for neighbouring taps whose
// accumulators stay in registers.
@inline
function addTaps(g: Geometry, taps: i32, x: usize, xRow: usize, xStep: usize, dy: usize, sums: usize): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), b0 = f32x4.splat(0), b1 = f32x4.splat(0);
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0), d0 = f32x4.splat(0), d1 = f32x4.splat(0);
  let e0 = f32x4.splat(0), e1 = f32x4.splat(0);
  for (let row = 0; row < g.outHeight; row++) {
    let pixel = x;
    for (let column = 0; column < g.outWidth; column++) {
      const low = v128.load(dy), high = v128.load(dy, 16);
      a0 = multiplyAdd(v128.load(pixel), low, a0);
      a1 = multiplyAdd(v128.load(pixel, 16), high, a1);
      if (taps > 1) {
        b0 = multiplyAdd(v128.load(pixel, 32), low, b0);
        b1 = multiplyAdd(v128.load(pixel, 48), high, b1);
        c0 = multiplyAdd(v128.load(pixel, 64), low, c0);
        c1 = multiplyAdd(v128.load(pixel, 80), high, c1);
      }
      if (taps > 3) {
        d0 = multiplyAdd(v128.load(pixel, 96), low, d0);
        d1 = multiplyAdd(v128.load(pixel, 112), high, d1);
        e0 = multiplyAdd(v128.load(pixel, 128), low, e0);
        e1 = multiplyAdd(v128.load(pixel, 144), high, e1);
      }
      dy += pixelBytes;
      pixel += xStep;
    }
    x += xRow;
  }
  addTo(sums, a0, a1);
  if (taps > 1) {
    addTo(sums + 32, b0, b1);
    addTo(sums + 64, c0, c1);
  }
  if (taps > 3) {
    addTo(sums + 96, d0, d1);
    addTo(sums + 128, e0, e1);
  }
}

/** dFilter from x and dy. */
export function depthwiseFilterGradient(g: Geometry, x: usize, dy: usize, dFilter: usize, scratch: usize): void {
  const channels = g.inChannels, taps = g.filterHeight * g.filterWidth;
  const inImage = <usize> (g.inHeight * g.inWidth * channels) << 2;
  const outImage = <usize> (g.outHeight * g.outWidth * channels) << 2;
  const blockHeight = inputBlockHeight(g), blockWidth = inputBlockWidth(g);
  const rowStep = <usize> blockWidth * pixelBytes;
  const xRow = <usize> g.strideHeight * rowStep, xStep = <usize> g.strideWidth * pixelBytes;
  const sums = scratch, block = sums + <usize> taps * pixelBytes;
  const gradient = block + <usize> (blockHeight * blockWidth) * pixelBytes;
  clearFloats(block, blockHeight * blockWidth * 8);
  for (let channel = 0; channel < channels; channel += 8) {
    const columns = min(8, channels - channel), offset = <usize> channel << 2;
    clearFloats(sums, taps * 8);
    for (let n = 0; n < g.batch; n++) {
      const image = x + <usize> n * inImage + offset;
      copyToBlock(image, g.inHeight, g.inWidth, channels, columns, block, blockWidth, g.padTop, g.padLeft);
      copyToBlock(
        dy + <usize> n * outImage + offset, g.outHeight, g.outWidth, channels, columns, gradient, g.outWidth, 0, 0,
      );
      for (let u = 0; u < g.filterHeight; u++) {
        let v = 0;
        while (v < g.filterWidth) {
          const left = g.filterWidth - v;
          const source = block + <usize> u * rowStep + <usize> v * pixelBytes;
          const target = sums + <usize> (u * g.filterWidth + v) * pixelBytes;
          if (left >= 5) {
            addTaps(g, 5, source, xRow, xStep, gradient, target);
            v += 5;
          } else if (left >= 3) {
            addTaps(g, 3, source, xRow, xStep, gradient, target);
            v += 3;
          } else {
            addTaps(g, 1, source, xRow, xStep, gradient, target);
            v += 1;
          }
        }
      }
    }
    for (let tap = 0; tap < taps; tap++) {
      const from = sums + <usize> tap * pixelBytes;
      storeUnit(dFilter + (<usize> (tap * channels) << 2) + offset, v128.load(from), v128.load(from, 16), columns);
    }
  }
}
