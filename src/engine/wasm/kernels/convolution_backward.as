// Convolution, backward: the gradients of the weights and of the input, group by group, while all is in the cache.
import { forwardFloats, placesFloats } from "./convolution";
import { edgeBytes, multiplyGathered, packPanels, panelFloats } from "./matrix_product";
import { outputGradientTable, statisticsFloats, tableFloats } from "./normalisation";
import { addOuterProducts, mergeSums, sumColumns, sumRows } from "./outer_product";
import { Walk } from "./outer_tiles";
import {
  aligned,
  bytesOf,
  firstUnit,
  gradientBorder,
  gradientFloats,
  gradientWidth,
  groupUnits,
  inputGradientFloats,
  inputPixels,
  isPointwise,
  loadGroup,
  loadGroupGradient,
  outputPixels,
  placeInputs,
  sourceFloats,
  sourceWidth,
  tapsOfPhase,
} from "./patches";
import { padded, Step } from "./step";
import { clearGradientSums, storeGradientRows } from "./value";
import { usesWinograd } from "./winograd";
import {
  winogradBackward,
  winogradBackwardFinish,
  winogradPartialFloats,
  winogradScratchFloats,
} from "./winograd_backward";

// Floats that the products of weights may read after the last pixel.
const slackFloats: i32 = 16;
const walkFloats: i32 = 16;
// Floats of both operands of the product of weights that stay in the first-level cache.
const bandFloats: i32 = 8192;

// Each phase of the input's pixels has a table of places of its own.
function phaseFloats(step: Step): i32 {
  return placesFloats(groupUnits(step) * inputPixels(step));
}

function packedFloats(step: Step): i32 {
  return aligned(panelFloats(step.kernel * step.kernel * step.output.stride, padded(step.input.stride)));
}

function backwardFloats(step: Step): i32 {
  const units = groupUnits(step);
  return aligned(tableFloats(step.output)) + walkFloats + packedFloats(step) +
    step.step * step.step * phaseFloats(step) + aligned(units * sourceFloats(step) + slackFloats) +
    aligned(units * gradientFloats(step) + slackFloats) + aligned(units * inputGradientFloats(step));
}

export function convScratchFloats(step: Step): i32 {
  if (usesWinograd(step)) return winogradScratchFloats(step);
  return max(forwardFloats(step), backwardFloats(step));
}

// Sums of one row of taps.
function rowSumFloats(step: Step): i32 {
  return sumRows(step.kernel * step.input.stride) * sumColumns(step.output.stride);
}

export function convPartialFloats(step: Step, parts: i32): i32 {
  if (usesWinograd(step)) return winogradPartialFloats(step, parts);
  return parts * max(statisticsFloats(step.output), step.kernel * rowSumFloats(step));
}

// Weights of one phase, transposed, in the order in which the input's pixels meet them: from the last tap to the first.
function packPhase(step: Step, phaseY: i32, phaseX: i32, packed: usize): void {
  const channels = step.input.channels, filters = step.output.channels, stride = step.output.stride;
  const tapsY = tapsOfPhase(step, phaseY), tapsX = tapsOfPhase(step, phaseX);
  const panelBytes = bytesOf(tapsY * tapsX * stride * 8);
  let target = packed;
  for (let y = tapsY - 1; y >= 0; y--) {
    for (let x = tapsX - 1; x >= 0; x--) {
      const tap = (phaseY + y * step.step) * step.kernel + phaseX + x * step.step;
      const source = step.parameter0 + bytesOf(tap * channels * filters);
      packPanels(filters, stride, channels, 4, bytesOf(filters), source, target, panelBytes);
      target += bytesOf(stride * 8);
    }
  }
}

function packPhases(step: Step, places: usize, packed: usize): void {
  for (let y = 0; y < step.step; y++) {
    for (let x = 0; x < step.step; x++) {
      placeInputs(step, y, x, groupUnits(step), places);
      packPhase(step, y, x, packed);
      places += bytesOf(phaseFloats(step));
      const depth = tapsOfPhase(step, y) * tapsOfPhase(step, x) * step.output.stride;
      packed += bytesOf(panelFloats(depth, padded(step.input.stride)));
    }
  }
}

// Input pixels of a unit in a phase.
@inline
function phasePixels(size: i32, pad: i32, step: i32, phase: i32): i32 {
  const first = ((phase - pad) % step + step) % step;
  return first >= size ? 0 : (size - first - 1) / step + 1;
}

function inputGradient(step: Step, units: i32, gradient: usize, places: usize, packed: usize, target: usize): void {
  const pointwise = isPointwise(step);
  const height = pointwise ? 1 : step.input.height, width = pointwise ? 1 : step.input.width;
  const columns = padded(step.input.stride), rowBytes = bytesOf(gradientWidth(step) * step.output.stride);
  for (let y = 0; y < step.step; y++) {
    for (let x = 0; x < step.step; x++) {
      const tapsY = tapsOfPhase(step, y), tapsX = tapsOfPhase(step, x), length = tapsX * step.output.stride;
      // Pixels that no tap meets keep the zeros that the caller has put there.
      const rows = tapsY == 0 || tapsX == 0
        ? 0
        : units * phasePixels(height, step.padTop, step.step, y) * phasePixels(width, step.padLeft, step.step, x);
      multiplyGathered(rows, columns, places, gradient, tapsY, length, rowBytes, packed, target);
      places += bytesOf(phaseFloats(step));
      packed += bytesOf(panelFloats(tapsY * length, columns));
    }
  }
}

function weightGradient(step: Step, units: i32, source: usize, gradient: usize, walk: Walk, sums: usize): void {
  const input = step.input, output = step.output, kernel = step.kernel;
  walk.leftPixel = bytesOf(step.step * input.stride);
  walk.rightPixel = bytesOf(output.stride);
  if (isPointwise(step)) {
    walk.lines = 1;
    walk.pixels = units;
    addOuterProducts(walk, input.stride, output.stride, source, gradient, sums);
    return;
  }
  const width = gradientWidth(step), border = gradientBorder(step);
  const sourceRow = bytesOf(sourceWidth(step) * input.stride), gradientRow = bytesOf(width * output.stride);
  walk.pixels = output.width;
  walk.leftLine = <usize> step.step * sourceRow;
  walk.rightLine = gradientRow;
  const band = max(1, bandFloats / (step.step * sourceWidth(step) * input.stride + width * output.stride));
  for (let unit = 0; unit < units; unit++) {
    const image = source + bytesOf(unit * sourceFloats(step));
    const right = gradient + bytesOf(unit * gradientFloats(step) + border * (width + 1) * output.stride);
    for (let top = 0; top < output.height; top += band) {
      walk.lines = min(band, output.height - top);
      for (let row = 0; row < kernel; row++) {
        const a = image + <usize> (top * step.step + row) * sourceRow, b = right + <usize> top * gradientRow;
        addOuterProducts(walk, kernel * input.stride, output.stride, a, b, sums + bytesOf(row * rowSumFloats(step)));
      }
    }
  }
}

// Brings a group's gradient to the input, whose pixels are dense where they are images.
function storeGroup(step: Step, unit: i32, units: i32, source: usize, part: i32): void {
  const input = step.input, pixels = units * inputPixels(step);
  if (input.stride & 3) {
    const stride = bytesOf(input.stride), wide = bytesOf(padded(input.stride));
    for (let i = 1; i < pixels; i++) memory.copy(source + <usize> i * stride, source + <usize> i * wide, stride);
  }
  storeGradientRows(input, unit * inputPixels(step), pixels, source, step.inputMode, part);
  // Pixels that no tap meets must be zero again.
  if (input.stride & 3) memory.fill(source, 0, bytesOf(units * inputGradientFloats(step)));
}

export function convBackward(step: Step, part: i32, parts: i32, scratch: usize): void {
  if (usesWinograd(step)) return winogradBackward(step, part, parts, scratch);
  const first = firstUnit(step, part, parts), end = firstUnit(step, part + 1, parts);
  const units = groupUnits(step);
  const walk = changetype<Walk>(scratch);
  const table = scratch + bytesOf(walkFloats);
  const packed = table + bytesOf(aligned(tableFloats(step.output)));
  const places = packed + bytesOf(packedFloats(step)) + edgeBytes;
  const images = packed + bytesOf(packedFloats(step) + step.step * step.step * phaseFloats(step));
  const gradients = images + bytesOf(aligned(units * sourceFloats(step) + slackFloats));
  const inputGradients = gradients + bytesOf(aligned(units * gradientFloats(step) + slackFloats));
  const wantsWeights = step.gradient0 != 0, wantsInput = step.inputMode != 0;

  const writer = part == 0;
  outputGradientTable(
    step.output,
    step.batch,
    parts,
    step.training,
    table,
    writer ? step.gradient1 : 0,
    writer ? step.gradient2 : 0,
  );
  clearGradientSums(step.input, step.inputMode, part);
  const sums = step.partials + bytesOf(part * step.kernel * rowSumFloats(step));
  if (wantsWeights) memory.fill(sums, 0, bytesOf(step.kernel * rowSumFloats(step)));
  if (first == end) return;
  if (wantsInput) packPhases(step, places, packed);
  // Borders, which no group writes to.
  const inputGradientsEnd = inputGradients + bytesOf(units * inputGradientFloats(step));
  if (!isPointwise(step)) memory.fill(images, 0, inputGradientsEnd - images);
  for (let unit = first; unit < end; unit += units) {
    const count = min(units, end - unit);
    loadGroupGradient(step, unit, count, table, gradients);
    if (wantsWeights) {
      const source = loadGroup(step, unit, count, images);
      weightGradient(step, count, source, gradients, walk, sums);
    }
    if (wantsInput) {
      inputGradient(step, count, gradients, places, packed, inputGradients);
      storeGroup(step, unit, count, inputGradients, part);
    }
  }
}

export function convBackwardFinish(step: Step, parts: i32): void {
  if (usesWinograd(step)) return winogradBackwardFinish(step, parts);
  if (step.gradient0 == 0) return;
  const channels = step.input.channels, filters = step.output.channels, kernel = step.kernel;
  const sumStep = bytesOf(sumColumns(step.output.stride)), partBytes = bytesOf(kernel * rowSumFloats(step));
  for (let row = 0; row < kernel; row++) {
    for (let column = 0; column < kernel; column++) {
      const sums = step.partials + bytesOf(row * rowSumFloats(step)) + <usize> (column * step.input.stride) * sumStep;
      const target = step.gradient0 + bytesOf((row * kernel + column) * channels * filters);
      mergeSums(channels, filters, parts, sums, sumStep, partBytes, target);
    }
  }
}
