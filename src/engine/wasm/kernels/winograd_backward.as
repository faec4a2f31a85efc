// Convolution by Winograd's way, backward: each step of the forward pass transposed, so that the gradient of the output
// is transformed once for the gradients of both the filters and the input.
import { edgeBytes, multiplyGathered } from "./matrix_product";
import { outputGradientTable, statisticsFloats, tableFloats } from "./normalisation";
import { addOuterProducts, sumColumns, sumRows } from "./outer_product";
import { Walk } from "./outer_tiles";
import { aligned, bytesOf } from "./patches";
import { firstImage, Step } from "./step";
import { clearGradientSums, loadOutputGradient, storeGradientRows } from "./value";
import {
  borderedFloats,
  borderedWidth,
  chunkRows,
  groupImages,
  placeTiles,
  pointFloats,
  points,
  tiledFloats,
  tilePlacesFloats,
  tilesAcross,
  tilesDown,
} from "./winograd";
import { filterPointFloats, gatherFilters, gatherFloats, transposeFilters } from "./winograd_filters";
import { loadBordered, winogradForwardFloats } from "./winograd_forward";
import { gatherInputGradient, stripFloats, transformGradient, transformInput } from "./winograd_tiles";

const walkFloats: i32 = 16;

function backwardFloats(step: Step): i32 {
  const input = step.input.stride, output = step.output.stride, images = groupImages(step);
  return walkFloats + aligned(tableFloats(step.output)) +
    points * (filterPointFloats(output, input) + pointFloats(step, input) + pointFloats(step, output)) +
    stripFloats(step) + tilePlacesFloats(step) + aligned(images * tiledFloats(step)) +
    2 * aligned(images * borderedFloats(step));
}

/** Floats of scratch that a part needs, in either direction. */
export function winogradScratchFloats(step: Step): i32 {
  return max(winogradForwardFloats(step), backwardFloats(step));
}

// Sums of one point.
function pointSumFloats(step: Step): i32 {
  return sumRows(step.input.stride) * sumColumns(step.output.stride);
}

/** Floats that the parts hand to the finishing calls, with those that these need themselves. */
export function winogradPartialFloats(step: Step, parts: i32): i32 {
  return max(parts * statisticsFloats(step.output), parts * points * pointSumFloats(step) + gatherFloats);
}

// The gradient of a group's raw output, in whole tiles.
function loadTiled(step: Step, image: i32, images: i32, table: usize, target: usize): void {
  const output = step.output, rowBytes = bytesOf(4 * tilesAcross(step) * output.stride);
  for (let i = 0; i < images; i++) {
    let to = target + bytesOf(i * tiledFloats(step));
    for (let y = 0; y < output.height; y++) {
      loadOutputGradient(output, ((image + i) * output.height + y) * output.width, output.width, table, to);
      to += rowBytes;
    }
  }
}

// Brings a group's gradient to the input.
function storeBordered(step: Step, image: i32, images: i32, source: usize, part: i32): void {
  const input = step.input, pixelBytes = bytesOf(input.stride), rowBytes = <usize> borderedWidth(step) * pixelBytes;
  for (let i = 0; i < images; i++) {
    let from = source + bytesOf(i * borderedFloats(step)) + rowBytes + pixelBytes;
    for (let y = 0; y < input.height; y++) {
      const row = ((image + i) * input.height + y) * input.width;
      storeGradientRows(input, row, input.width, from, step.inputMode, part);
      from += rowBytes;
    }
  }
}

export function winogradBackward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const first = firstImage(step.batch, part, parts), end = firstImage(step.batch, part + 1, parts);
  const input = step.input, output = step.output, images = groupImages(step);
  const wantsWeights = step.gradient0 != 0, wantsInput = step.inputMode != 0;
  const inputPoint = bytesOf(pointFloats(step, input.stride)), outputPoint = bytesOf(pointFloats(step, output.stride));
  const filterPoint = bytesOf(filterPointFloats(output.stride, input.stride)), sumPoint = bytesOf(pointSumFloats(step));
  const walk = changetype<Walk>(scratch);
  const table = scratch + bytesOf(walkFloats);
  const filters = table + bytesOf(aligned(tableFloats(output)));
  const inputs = filters + filterPoint * points;
  const outputs = inputs + inputPoint * points;
  const strip = outputs + outputPoint * points;
  const places = strip + bytesOf(stripFloats(step)) + edgeBytes;
  const gradients = strip + bytesOf(stripFloats(step) + tilePlacesFloats(step));
  const source = gradients + bytesOf(aligned(images * tiledFloats(step)));
  const inputGradients = source + bytesOf(aligned(images * borderedFloats(step)));
  const down = tilesDown(step), across = tilesAcross(step);
  const inputTiles = bytesOf(across * input.stride), outputTiles = bytesOf(across * output.stride);
  const sourceTiles = bytesOf(4 * borderedWidth(step) * input.stride);
  const gradientTiles = bytesOf(16 * across * output.stride);

  const writer = part == 0;
  outputGradientTable(
    output,
    step.batch,
    parts,
    step.training,
    table,
    writer ? step.gradient1 : 0,
    writer ? step.gradient2 : 0,
  );
  clearGradientSums(input, step.inputMode, part);
  const sums = step.partials + sumPoint * points * part;
  if (wantsWeights) memory.fill(sums, 0, sumPoint * points);
  if (first == end) return;
  if (wantsInput) transposeFilters(step, filters, strip);
  placeTiles(step, output.stride, input.stride, places);
  // Borders, and what completes the tiles.
  memory.fill(gradients, 0, inputGradients - gradients);
  walk.lines = 1;
  walk.leftPixel = bytesOf(input.stride);
  walk.rightPixel = bytesOf(output.stride);

  for (let image = first; image < end; image += images) {
    const count = min(images, end - image);
    if (wantsWeights) loadBordered(step, image, count, source);
    loadTiled(step, image, count, table, gradients);
    for (let top = 0; top < count * down; top += chunkRows(step)) {
      const rows = min(chunkRows(step), count * down - top);
      walk.pixels = rows * across;
      for (let i = 0; i < rows; i++) {
        const unit = (top + i) / down, row = (top + i) % down;
        const from = gradients + bytesOf(unit * tiledFloats(step)) + gradientTiles * row;
        transformGradient(step, from, outputs + outputTiles * i, outputPoint, strip);
        if (!wantsWeights) continue;
        const pixels = source + bytesOf(unit * borderedFloats(step)) + sourceTiles * row;
        transformInput(step, pixels, inputs + inputTiles * i, inputPoint, strip);
      }
      for (let point = 0; point < points; point++) {
        const left = inputs + inputPoint * point, right = outputs + outputPoint * point;
        if (wantsWeights) addOuterProducts(walk, input.stride, output.stride, left, right, sums + sumPoint * point);
        // The transformed input has been used, and makes room.
        const panels = filters + filterPoint * point;
        if (wantsInput) multiplyGathered(rows * across, input.stride, places, right, 1, output.stride, 0, panels, left);
      }
      if (!wantsInput) continue;
      for (let i = 0; i < rows; i++) {
        const unit = (top + i) / down, row = (top + i) % down;
        const to = inputGradients + bytesOf(unit * borderedFloats(step)) + sourceTiles * row;
        gatherInputGradient(step, inputs + inputTiles * i, inputPoint, to, row > 0, strip);
      }
    }
    if (wantsInput) storeBordered(step, image, count, inputGradients, part);
  }
}

/** Brings the parts' sums to the gradient of the filters. */
export function winogradBackwardFinish(step: Step, parts: i32): void {
  if (step.gradient0 == 0) return;
  const sumBytes = bytesOf(sumColumns(step.output.stride)), pointBytes = bytesOf(pointSumFloats(step));
  const partBytes = pointBytes * points;
  gatherFilters(step, parts, step.partials, sumBytes, pointBytes, partBytes, step.partials + partBytes * parts);
}
