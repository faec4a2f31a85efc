// Where the pixels of a convolution lie in scratch memory. A group of units is loaded there at a time: a unit is an
// image with a border of zeros, so that every patch is whole, or a single pixel of a pointwise convolution, which has
// no use for images. So small images share a group, and the products see many rows at once.
import { Place, placeBytes } from "./product_tiles";
import { firstImage, padded, Step, Value } from "./step";
import { loadOutputGradient, loadRows } from "./value";

// Rows that a group should have for the products to be worth their setting up, and at most.
const fewRows: i32 = 24, manyRows: i32 = 120;
// Floats of a group's operands that stay in the first-level cache beside a panel.
const groupFloats: i32 = 10240;
// The same of several images, in the second-level cache.
const imageFloats: i32 = 32768;

@inline
export function isPointwise(step: Step): bool {
  return step.kernel == 1 && step.step == 1;
}

/** Bytes of a row of `floats` floats. */
@inline
export function bytesOf(floats: i32): usize {
  return <usize> floats << 2;
}

/** `floats` rounded up, so that what follows begins on a boundary of 64 bytes. */
@inline
export function aligned(floats: i32): i32 {
  return (floats + 15) & ~15;
}

export function outputPixels(step: Step): i32 {
  return isPointwise(step) ? 1 : step.output.height * step.output.width;
}

export function inputPixels(step: Step): i32 {
  return isPointwise(step) ? 1 : step.input.height * step.input.width;
}

/** Units of an image. */
function unitsPerImage(step: Step): i32 {
  return isPointwise(step) ? step.output.height * step.output.width : 1;
}

/** The first unit of a part's share. */
export function firstUnit(step: Step, part: i32, parts: i32): i32 {
  return firstImage(step.batch, part, parts) * unitsPerImage(step);
}

function sourceHeight(step: Step): i32 {
  if (isPointwise(step)) return 1;
  return max(step.padTop + step.input.height, (step.output.height - 1) * step.step + step.kernel);
}

/** Pixels of a row of a unit's input, with its border. */
export function sourceWidth(step: Step): i32 {
  if (isPointwise(step)) return 1;
  return max(step.padLeft + step.input.width, (step.output.width - 1) * step.step + step.kernel);
}

/** Floats of a unit's input, with its border. */
export function sourceFloats(step: Step): i32 {
  return sourceHeight(step) * sourceWidth(step) * step.input.stride;
}

/** Border of the gradient before its first row and column, for the input's gradient. */
export function gradientBorder(step: Step): i32 {
  return (step.kernel - 1) / step.step;
}

function gradientHeight(step: Step): i32 {
  if (isPointwise(step)) return 1;
  return gradientBorder(step) + max(step.output.height, (step.input.height - 1 + step.padTop) / step.step + 1);
}

/** Pixels of a row of a unit's output gradient, with its border. */
export function gradientWidth(step: Step): i32 {
  if (isPointwise(step)) return 1;
  return gradientBorder(step) + max(step.output.width, (step.input.width - 1 + step.padLeft) / step.step + 1);
}

/** Floats of a unit's output gradient, with its border. */
export function gradientFloats(step: Step): i32 {
  return gradientHeight(step) * gradientWidth(step) * step.output.stride;
}

/** Floats of a unit's input gradient; its pixels are padded even where those of the images are not. */
export function inputGradientFloats(step: Step): i32 {
  return inputPixels(step) * padded(step.input.stride);
}

/** Units of a group. */
export function groupUnits(step: Step): i32 {
  const floats = sourceFloats(step) + gradientFloats(step) + inputGradientFloats(step);
  if (isPointwise(step)) return min(manyRows, max(fewRows, groupFloats / floats / 12 * 12));
  const images = (manyRows + outputPixels(step) - 1) / outputPixels(step);
  return max(1, min(images, imageFloats / floats));
}

@inline
function isPlain(value: Value): bool {
  return value.coefficients == 0 && value.gate == 0 && value.lower == -Infinity && value.upper == Infinity;
}

/** Loads a group's input; gives the address, which is `target` or, where nothing is pending, the input's own. */
export function loadGroup(step: Step, unit: i32, units: i32, target: usize): usize {
  const input = step.input;
  if (!isPointwise(step)) {
    const pixelBytes = bytesOf(input.stride), width = sourceWidth(step);
    for (let image = 0; image < units; image++) {
      let to = target + bytesOf(image * sourceFloats(step)) + <usize> (step.padTop * width + step.padLeft) * pixelBytes;
      for (let y = 0; y < input.height; y++) {
        loadRows(input, ((unit + image) * input.height + y) * input.width, input.width, to);
        to += <usize> width * pixelBytes;
      }
    }
    return target;
  }
  if (isPlain(input) && (input.stride & 3) == 0) return input.raw + <usize> unit * bytesOf(input.stride);
  const pixels = input.gate == 0 ? step.batch * unitsPerImage(step) : unitsPerImage(step);
  let first = unit;
  while (first < unit + units) {
    // Up to the end of an image, where the gate changes.
    const end = min(unit + units, (first / pixels + 1) * pixels);
    loadRows(input, first, end - first, target + <usize> (first - unit) * bytesOf(input.stride));
    first = end;
  }
  return target;
}

/** Loads the gradient of a group's raw output to `target`. */
export function loadGroupGradient(step: Step, unit: i32, units: i32, table: usize, target: usize): void {
  const output = step.output;
  if (isPointwise(step)) {
    loadOutputGradient(output, unit, units, table, target);
    return;
  }
  const pixelBytes = bytesOf(output.stride), width = gradientWidth(step), border = gradientBorder(step);
  for (let image = 0; image < units; image++) {
    let to = target + bytesOf(image * gradientFloats(step)) + <usize> (border * (width + 1)) * pixelBytes;
    for (let y = 0; y < output.height; y++) {
      loadOutputGradient(output, ((unit + image) * output.height + y) * output.width, output.width, table, to);
      to += <usize> width * pixelBytes;
    }
  }
}

@inline
function writePlace(table: usize, index: i32, source: i32, target: i32): void {
  const place = changetype<Place>(table + <usize> index * placeBytes);
  place.source = bytesOf(source);
  place.target = bytesOf(target);
}

/** Places of the output pixels of `units` units: their patch, and their output. */
export function placeOutputs(step: Step, units: i32, table: usize): void {
  const height = isPointwise(step) ? 1 : step.output.height, width = isPointwise(step) ? 1 : step.output.width;
  const stride = step.input.stride, floats = sourceFloats(step), row = sourceWidth(step) * stride;
  let index = 0;
  for (let unit = 0; unit < units; unit++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const source = unit * floats + y * step.step * row + x * step.step * stride;
        writePlace(table, index, source, index * step.output.stride);
        index++;
      }
    }
  }
}

/** Taps of one dimension that meet input pixels of one `phase`: phase, phase + step ... */
@inline
export function tapsOfPhase(step: Step, phase: i32): i32 {
  return max(0, (step.kernel - phase + step.step - 1) / step.step);
}

/**
 * Places of the input pixels of `units` units that meet the taps of one phase per dimension: the part of the output
 * gradient that they have to do with, and their gradient.
 */
export function placeInputs(step: Step, phaseY: i32, phaseX: i32, units: i32, table: usize): void {
  const pointwise = isPointwise(step);
  const height = pointwise ? 1 : step.input.height, width = pointwise ? 1 : step.input.width;
  const stride = step.output.stride, row = gradientWidth(step) * stride, targetStride = padded(step.input.stride);
  const border = gradientBorder(step);
  const tapsY = tapsOfPhase(step, phaseY), tapsX = tapsOfPhase(step, phaseX);
  let index = 0;
  for (let unit = 0; unit < units; unit++) {
    for (let y = 0; y < height; y++) {
      if ((y + step.padTop) % step.step != phaseY) continue;
      const top = (y + step.padTop) / step.step - tapsY + 1 + border;
      for (let x = 0; x < width; x++) {
        if ((x + step.padLeft) % step.step != phaseX) continue;
        const left = (x + step.padLeft) / step.step - tapsX + 1 + border;
        const target = (unit * inputPixels(step) + y * width + x) * targetStride;
        writePlace(table, index, unit * gradientFloats(step) + top * row + left * stride, target);
        index++;
      }
    }
  }
}
