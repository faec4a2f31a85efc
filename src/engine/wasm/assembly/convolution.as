// Convolutions as matrix products. An output pixel's patch, the part of the input under the filter, is one row of the
// left matrix; a 1x1 filter needs no patches, the input is that matrix already.
import { Geometry } from "./geometry";
import { addTransposedProduct, multiplyPacked, outerEdgeFloats, packPanels, storeSums } from "./matrix_product";
import { addFloats, clearFloats, copyFloats, paddedColumns } from "./vector";

// Patches made at a time: enough rows for the product, few enough to stay in the cache.
const tilePatches = 128;

@inline
function patchLength(g: Geometry): i32 {
  return g.filterHeight * g.filterWidth * g.inChannels;
}

@inline
function outPixels(g: Geometry): i32 {
  return g.batch * g.outHeight * g.outWidth;
}

function isPointwise(g: Geometry): bool {
  return g.filterHeight == 1 && g.filterWidth == 1 && g.strideHeight == 1 && g.strideWidth == 1 &&
    g.inHeight == g.outHeight && g.inWidth == g.outWidth;
}

/** Floats of scratch that each of the three convolution kernels needs at most. */
export function convolutionScratchFloats(g: Geometry): i32 {
  const length = patchLength(g);
  const packed = max(length * paddedColumns(g.outChannels), g.outChannels * paddedColumns(length));
  const sums = ((length + 3) & ~3) * paddedColumns(g.outChannels);
  return max(packed, sums) + tilePatches * length + outerEdgeFloats;
}

// Copies patches to the matrix, or with `scatter` adds the matrix to the places they came from.
@inline
function walkPatches(g: Geometry, image: usize, first: i32, count: i32, patches: usize, scatter: bool): void {
  const channels = g.inChannels;
  const outArea = g.outHeight * g.outWidth;
  const taps = g.filterWidth;
  for (let pixel = first; pixel < first + count; pixel++) {
    const n = pixel / outArea;
    const inArea = pixel - n * outArea;
    const top = inArea / g.outWidth * g.strideHeight - g.padTop;
    const left = inArea % g.outWidth * g.strideWidth - g.padLeft;
    const begin = min(taps, max(0, -left)), end = max(begin, min(taps, g.inWidth - left));
    for (let u = 0; u < g.filterHeight; u++) {
      const row = top + u;
      const bytes = <usize> (taps * channels) << 2;
      if (row >= 0 && row < g.inHeight && end > begin) {
        const place = image + (<usize> (((n * g.inHeight + row) * g.inWidth + left + begin) * channels) << 2);
        const patch = patches + (<usize> (begin * channels) << 2);
        if (scatter) {
          addFloats(patch, place, (end - begin) * channels);
        } else {
          clearFloats(patches, begin * channels);
          copyFloats(place, patch, (end - begin) * channels);
          clearFloats(patches + (<usize> (end * channels) << 2), (taps - end) * channels);
        }
      } else if (!scatter) {
        clearFloats(patches, taps * channels);
      }
      patches += bytes;
    }
  }
}

function gatherPatches(g: Geometry, x: usize, first: i32, count: i32, patches: usize): void {
  walkPatches(g, x, first, count, patches, false);
}

function scatterPatches(g: Geometry, dx: usize, first: i32, count: i32, patches: usize): void {
  walkPatches(g, dx, first, count, patches, true);
}

/** y `[batch, outHeight, outWidth, outChannels]` from x and filter `[height, width, inChannels, outChannels]`. */
export function convolve(g: Geometry, x: usize, filter: usize, y: usize, scratch: usize): void {
  const depth = patchLength(g), columns = g.outChannels, pixels = outPixels(g);
  packPanels(depth, columns, <usize> columns << 2, 4, filter, scratch);
  if (isPointwise(g)) {
    multiplyPacked(pixels, columns, depth, x, scratch, y);
    return;
  }
  const patches = scratch + (<usize> (depth * paddedColumns(columns)) << 2);
  for (let first = 0; first < pixels; first += tilePatches) {
    const count = min(tilePatches, pixels - first);
    gatherPatches(g, x, first, count, patches);
    multiplyPacked(count, columns, depth, patches, scratch, y + (<usize> (first * columns) << 2));
  }
}

/** dx from dy and the filter. */
export function convolveInputGradient(g: Geometry, dy: usize, filter: usize, dx: usize, scratch: usize): void {
  const columns = patchLength(g), depth = g.outChannels, pixels = outPixels(g);
  packPanels(depth, columns, 4, <usize> depth << 2, filter, scratch);
  if (isPointwise(g)) {
    multiplyPacked(pixels, columns, depth, dy, scratch, dx);
    return;
  }
  const patches = scratch + (<usize> (depth * paddedColumns(columns)) << 2);
  clearFloats(dx, g.batch * g.inHeight * g.inWidth * g.inChannels);
  for (let first = 0; first < pixels; first += tilePatches) {
    const count = min(tilePatches, pixels - first);
    multiplyPacked(count, columns, depth, dy + (<usize> (first * depth) << 2), scratch, patches);
    scatterPatches(g, dx, first, count, patches);
  }
}

/** dFilter from x and dy. */
export function convolveFilterGradient(g: Geometry, x: usize, dy: usize, dFilter: usize, scratch: usize): void {
  const left = patchLength(g), right = g.outChannels, pixels = outPixels(g);
  const sumFloats = ((left + 3) & ~3) * paddedColumns(right);
  const edges = scratch + (<usize> sumFloats << 2);
  clearFloats(scratch, sumFloats);
  if (isPointwise(g)) {
    addTransposedProduct(pixels, left, right, x, dy, scratch, edges);
  } else {
    const patches = edges + (<usize> outerEdgeFloats << 2);
    for (let first = 0; first < pixels; first += tilePatches) {
      const count = min(tilePatches, pixels - first);
      gatherPatches(g, x, first, count, patches);
      addTransposedProduct(count, left, right, patches, dy + (<usize> (first * right) << 2), scratch, edges);
    }
  }
  storeSums(left, right, scratch, dFilter);
}
