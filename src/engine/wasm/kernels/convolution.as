// Convolution with pending batch norm, forward: patches of the input, gathered where they lie, times the weights.
import { edgeBytes, multiplyGathered, packPanels, panelFloats } from "./matrix_product";
import { addStatistics, beginStatistics, finishStatistics } from "./normalisation";
import {
  aligned,
  bytesOf,
  firstUnit,
  groupUnits,
  isPointwise,
  loadGroup,
  outputPixels,
  placeOutputs,
  sourceFloats,
  sourceWidth,
} from "./patches";
import { placeBytes } from "./product_tiles";
import { Step } from "./step";
import { usesWinograd } from "./winograd";
import { winogradForward } from "./winograd_forward";

const statisticsRows: i32 = 128;

/** Floats of a table of places for `rows` rows, with its edge. */
export function placesFloats(rows: i32): i32 {
  return aligned(<i32> ((edgeBytes + <usize> rows * placeBytes) >> 2));
}

/** Floats of the weights in panels. */
export function packedFloats(step: Step): i32 {
  return aligned(panelFloats(step.kernel * step.kernel * step.input.stride, step.output.stride));
}

/** Floats that the forward pass needs. */
export function forwardFloats(step: Step): i32 {
  const units = groupUnits(step);
  return packedFloats(step) + placesFloats(units * outputPixels(step)) + aligned(units * sourceFloats(step));
}

function packWeights(step: Step, packed: usize): void {
  const channels = step.input.channels, stride = step.input.stride, filters = step.output.channels;
  const taps = step.kernel * step.kernel;
  for (let tap = 0; tap < taps; tap++) {
    const source = step.parameter0 + bytesOf(tap * channels * filters);
    const target = packed + bytesOf(tap * stride * 8);
    packPanels(channels, stride, filters, bytesOf(filters), 4, source, target, bytesOf(taps * stride * 8));
  }
}

export function convForward(step: Step, part: i32, parts: i32, scratch: usize): void {
  if (usesWinograd(step)) return winogradForward(step, part, parts, scratch);
  const first = firstUnit(step, part, parts), end = firstUnit(step, part + 1, parts);
  if (first == end) return;
  const units = groupUnits(step), pixels = outputPixels(step);
  const packed = scratch;
  const places = packed + bytesOf(packedFloats(step)) + edgeBytes;
  const images = packed + bytesOf(packedFloats(step) + placesFloats(units * pixels));
  packWeights(step, packed);
  placeOutputs(step, units, places);
  if (!isPointwise(step)) memory.fill(images, 0, bytesOf(units * sourceFloats(step)));

  const output = step.output, kernel = step.kernel;
  const length = kernel * step.input.stride, rowBytes = bytesOf(sourceWidth(step) * step.input.stride);
  const partials = step.partials + bytesOf(3 * part * output.stride);
  for (let unit = first; unit < end; unit += units) {
    const count = min(units, end - unit);
    const source = loadGroup(step, unit, count, images);
    const target = output.raw + bytesOf(pixels * output.stride) * <usize> unit;
    multiplyGathered(count * pixels, output.stride, places, source, kernel, length, rowBytes, packed, target);
    if (step.training == 0) continue;
    if (unit == first) beginStatistics(output.stride, target, partials);
    // In short sums, which a long one's rounding would spoil.
    for (let row = 0; row < count * pixels; row += statisticsRows) {
      const rows = min(statisticsRows, count * pixels - row);
      addStatistics(output.stride, rows, target + <usize> row * bytesOf(output.stride), partials);
    }
  }
}

export function convForwardFinish(step: Step, parts: i32): void {
  finishStatistics(step, step.parameter1, step.parameter2, parts);
}
