// A linear layer with bias over vectors: a pointwise product whose rows are the images.
import { placesFloats } from "./convolution";
import { edgeBytes, multiplyGathered, packPanels, panelFloats } from "./matrix_product";
import { addOuterProducts, mergeSums, sumColumns, sumRows } from "./outer_product";
import { Walk } from "./outer_tiles";
import { aligned, bytesOf } from "./patches";
import { Place, placeBytes } from "./product_tiles";
import { firstImage, Step } from "./step";
import { addFloats, clearGradientSums, loadRows, storeGradientRows } from "./value";

const walkFloats: i32 = 16;
const slackFloats: i32 = 16;
// Images at a time.
const groupRows: i32 = 60;

function packedFloats(step: Step): i32 {
  const inputs = step.input.stride, units = step.output.stride;
  return aligned(max(panelFloats(inputs, units), panelFloats(units, inputs)));
}

function sumFloats(step: Step): i32 {
  return sumRows(step.input.stride) * sumColumns(step.output.stride);
}

export function denseScratchFloats(step: Step): i32 {
  const inputs = step.input.stride, units = step.output.stride;
  return walkFloats + packedFloats(step) + placesFloats(groupRows) + aligned(groupRows * inputs + slackFloats) +
    aligned(groupRows * units + slackFloats) + aligned(groupRows * inputs);
}

// The sums of a part's weights, then of its bias.
export function densePartialFloats(step: Step, parts: i32): i32 {
  return parts * (sumFloats(step) + step.output.stride);
}

function place(rows: i32, sourceStride: i32, targetStride: i32, table: usize): void {
  for (let row = 0; row < rows; row++) {
    const place = changetype<Place>(table + <usize> row * placeBytes);
    place.source = bytesOf(row * sourceStride);
    place.target = bytesOf(row * targetStride);
  }
}

// Rows of a gated value lie in one image: one row at a time.
function loadImages(step: Step, first: i32, count: i32, target: usize): void {
  if (step.input.gate == 0) {
    loadRows(step.input, first, count, target);
    return;
  }
  for (let i = 0; i < count; i++) loadRows(step.input, first + i, 1, target + <usize> i * bytesOf(step.input.stride));
}

export function denseForward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, output = step.output;
  const first = firstImage(step.batch, part, parts), end = firstImage(step.batch, part + 1, parts);
  const packed = scratch;
  const places = packed + bytesOf(packedFloats(step)) + edgeBytes;
  const images = packed + bytesOf(packedFloats(step) + placesFloats(groupRows));
  const filters = output.channels, panelBytes = bytesOf(input.stride * 8);
  packPanels(input.channels, input.stride, filters, bytesOf(filters), 4, step.parameter0, packed, panelBytes);
  place(groupRows, input.stride, output.stride, places);
  for (let image = first; image < end; image += groupRows) {
    const count = min(groupRows, end - image);
    loadImages(step, image, count, images);
    let target = output.raw + <usize> image * bytesOf(output.stride);
    multiplyGathered(count, output.stride, places, images, 1, input.stride, 0, packed, target);
    for (let i = 0; i < count; i++) {
      addFloats(step.parameter1, target, filters);
      target += bytesOf(output.stride);
    }
  }
}

export function denseBackward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, output = step.output;
  const first = firstImage(step.batch, part, parts), end = firstImage(step.batch, part + 1, parts);
  const walk = changetype<Walk>(scratch);
  const packed = scratch + bytesOf(walkFloats);
  const places = packed + bytesOf(packedFloats(step)) + edgeBytes;
  const images = packed + bytesOf(packedFloats(step) + placesFloats(groupRows));
  const gradients = images + bytesOf(aligned(groupRows * input.stride + slackFloats));
  const inputGradients = gradients + bytesOf(aligned(groupRows * output.stride + slackFloats));
  const sums = step.partials + bytesOf(part * (sumFloats(step) + output.stride));
  const biasSums = sums + bytesOf(sumFloats(step));
  const wantsWeights = step.gradient0 != 0, wantsInput = step.inputMode != 0;
  clearGradientSums(input, step.inputMode, part);
  memory.fill(sums, 0, bytesOf(sumFloats(step) + output.stride));
  if (wantsInput) {
    const filters = output.channels, panelBytes = bytesOf(output.stride * 8);
    packPanels(filters, output.stride, input.channels, 4, bytesOf(filters), step.parameter0, packed, panelBytes);
    place(groupRows, output.stride, input.stride, places);
  }
  walk.lines = 1;
  walk.leftPixel = bytesOf(input.stride);
  walk.rightPixel = bytesOf(output.stride);
  for (let image = first; image < end; image += groupRows) {
    const count = min(groupRows, end - image);
    // A copy, since the product of weights reads a little past the end.
    memory.copy(gradients, output.gradient + <usize> image * bytesOf(output.stride), bytesOf(count * output.stride));
    if (wantsWeights) {
      loadImages(step, image, count, images);
      walk.pixels = count;
      addOuterProducts(walk, input.stride, output.stride, images, gradients, sums);
      let row = gradients;
      for (let i = 0; i < count; i++) {
        addFloats(row, biasSums, output.stride);
        row += bytesOf(output.stride);
      }
    }
    if (wantsInput) {
      multiplyGathered(count, input.stride, places, gradients, 1, output.stride, 0, packed, inputGradients);
      storeGradientRows(input, image, count, inputGradients, step.inputMode, part);
    }
  }
}

export function denseBackwardFinish(step: Step, parts: i32): void {
  if (step.gradient0 == 0) return;
  const sumStep = bytesOf(sumColumns(step.output.stride)), partBytes = bytesOf(sumFloats(step) + step.output.stride);
  mergeSums(step.input.channels, step.output.channels, parts, step.partials, sumStep, partBytes, step.gradient0);
  const biasSums = step.partials + bytesOf(sumFloats(step));
  mergeSums(1, step.output.channels, parts, biasSums, 0, partBytes, step.gradient1);
}
