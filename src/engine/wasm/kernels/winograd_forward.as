// Convolution by Winograd's way, forward: see winograd.as.
import { edgeBytes, multiplyGathered } from "./matrix_product";
import { addStatistics, beginStatistics } from "./normalisation";
import { aligned, bytesOf } from "./patches";
import { firstImage, Step } from "./step";
import { loadRows } from "./value";
import {
  borderedFloats,
  borderedWidth,
  chunkRows,
  groupImages,
  placeTiles,
  pointFloats,
  points,
  tilePlacesFloats,
  tilesAcross,
  tilesDown,
} from "./winograd";
import { filterPointFloats, transformFilters } from "./winograd_filters";
import { gatherOutput, stripFloats, transformInput } from "./winograd_tiles";

const statisticsRows: i32 = 128;

/** Floats that the forward pass needs. */
export function winogradForwardFloats(step: Step): i32 {
  const input = step.input.stride, output = step.output.stride;
  return points * (filterPointFloats(input, output) + pointFloats(step, input) + pointFloats(step, output)) +
    stripFloats(step) + tilePlacesFloats(step) + aligned(groupImages(step) * borderedFloats(step));
}

/** Loads a group's input into bordered images, whose borders are zero. */
export function loadBordered(step: Step, image: i32, images: i32, target: usize): void {
  const input = step.input, pixelBytes = bytesOf(input.stride), rowBytes = <usize> borderedWidth(step) * pixelBytes;
  for (let i = 0; i < images; i++) {
    let to = target + bytesOf(i * borderedFloats(step)) + rowBytes + pixelBytes;
    for (let y = 0; y < input.height; y++) {
      loadRows(input, ((image + i) * input.height + y) * input.width, input.width, to);
      to += rowBytes;
    }
  }
}

export function winogradForward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const first = firstImage(step.batch, part, parts), end = firstImage(step.batch, part + 1, parts);
  if (first == end) return;
  const input = step.input, output = step.output, images = groupImages(step);
  const inputPoint = bytesOf(pointFloats(step, input.stride)), outputPoint = bytesOf(pointFloats(step, output.stride));
  const filterPoint = bytesOf(filterPointFloats(input.stride, output.stride));
  const filters = scratch;
  const inputs = filters + filterPoint * points;
  const outputs = inputs + inputPoint * points;
  const strip = outputs + outputPoint * points;
  const places = strip + bytesOf(stripFloats(step)) + edgeBytes;
  const source = strip + bytesOf(stripFloats(step) + tilePlacesFloats(step));
  const down = tilesDown(step), across = tilesAcross(step);
  const inputTiles = bytesOf(across * input.stride), outputTiles = bytesOf(across * output.stride);
  const sourceTiles = bytesOf(4 * borderedWidth(step) * input.stride), pixels = output.height * output.width;
  const partials = step.partials + bytesOf(3 * part * output.stride);
  transformFilters(step, filters, strip);
  placeTiles(step, input.stride, output.stride, places);
  memory.fill(source, 0, bytesOf(images * borderedFloats(step)));

  for (let image = first; image < end; image += images) {
    const count = min(images, end - image);
    const target = output.raw + bytesOf(pixels * output.stride) * <usize> image;
    loadBordered(step, image, count, source);
    for (let top = 0; top < count * down; top += chunkRows(step)) {
      const rows = min(chunkRows(step), count * down - top);
      for (let i = 0; i < rows; i++) {
        const unit = (top + i) / down, row = (top + i) % down;
        const from = source + bytesOf(unit * borderedFloats(step)) + sourceTiles * row;
        transformInput(step, from, inputs + inputTiles * i, inputPoint, strip);
      }
      for (let point = 0; point < points; point++) {
        const a = inputs + inputPoint * point, b = filters + filterPoint * point, c = outputs + outputPoint * point;
        multiplyGathered(rows * across, output.stride, places, a, 1, input.stride, 0, b, c);
      }
      for (let i = 0; i < rows; i++) {
        const unit = (top + i) / down, row = (top + i) % down;
        const to = target + bytesOf((unit * pixels + 4 * row * output.width) * output.stride);
        gatherOutput(step, outputs + outputTiles * i, outputPoint, min(4, output.height - 4 * row), to, strip);
      }
    }
    if (step.training == 0) continue;
    if (image == first) beginStatistics(output.stride, target, partials);
    // In short sums, which a long one's rounding would spoil.
    for (let row = 0; row < count * pixels; row += statisticsRows) {
      const rows = min(statisticsRows, count * pixels - row);
      addStatistics(output.stride, rows, target + <usize> row * bytesOf(output.stride), partials);
    }
  }
}
