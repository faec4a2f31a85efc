// Depthwise convolutions, one image's four channels at a time: their plane is loaded with its border into scratch
// memory, so that the loops need no bounds and everything they read stays in the first cache.
import { correlateSquare, pixelBytes } from "./correlation";
import { finishStatistics, outputGradientTable, statisticsFloats, tableFloats } from "./normalisation";
import {
  addGradientPlanes, loadOutputGradientPlanes, loadPlanes, storeOutputPlanes, writeGradientPlanes,
} from "./plane_pair";
import {
  gradientPlaneHeight, gradientPlaneWidth, inputPlaneHeight, inputPlaneWidth, reach, resultPlaneBytes, splitFilter,
  spreadPlane, spreadRow, spreadStart,
} from "./spread";
import { firstImage, Step } from "./step";
import { addTapGradients } from "./tap_gradient";
import { clearGradientSums } from "./value";

export function depthwiseConvScratchFloats(step: Step): i32 {
  const planes = inputPlaneHeight(step) * inputPlaneWidth(step) + gradientPlaneHeight(step) * gradientPlaneWidth(step);
  const filter = step.kernel * step.kernel * (step.input.stride + 4);
  return filter + tableFloats(step.output) + 2 * (4 * planes + <i32> (resultPlaneBytes(step) >> 2));
}

export function depthwiseConvPartialFloats(step: Step, parts: i32): i32 {
  return parts * max(statisticsFloats(step.output), step.kernel * step.kernel * step.input.stride);
}

// Four channels of the filter, from byte `c` of a pixel on, as [k][k][4]; zero where there is no channel.
function packFilter(step: Step, c: usize, packed: usize): void {
  const taps = step.kernel * step.kernel, first = <i32> (c >> 2), channels = step.input.channels;
  memory.fill(packed, 0, <usize> taps * pixelBytes);
  for (let tap = 0; tap < taps; tap++) {
    for (let lane = 0; lane < min(4, channels - first); lane++) {
      const from = tap * channels + first + lane;
      f32.store(packed + (<usize> (4 * tap + lane) << 2), f32.load(step.parameter0 + (<usize> from << 2)));
    }
  }
}

export function depthwiseConvForward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, output = step.output;
  const first = firstImage(step.batch, part, parts), end = firstImage(step.batch, part + 1, parts);
  const taps = <usize> (step.kernel * step.kernel);
  const columnBytes = <usize> input.stride << 2;
  const sourceRow = <usize> inputPlaneWidth(step) * pixelBytes;
  const planeBytes = <usize> inputPlaneHeight(step) * sourceRow;
  const packed = scratch;
  const plane = packed + taps * columnBytes, otherPlane = plane + planeBytes;
  const result = otherPlane + planeBytes, otherResult = result + resultPlaneBytes(step);
  const interior = <usize> step.padTop * sourceRow + <usize> step.padLeft * pixelBytes;
  const partials = step.training ? step.partials + (<usize> (part * statisticsFloats(output)) << 2) : 0;
  for (let c: usize = 0; c < columnBytes; c += 16) packFilter(step, c, packed + taps * c);
  memory.fill(plane, 0, 2 * planeBytes);
  for (let image = first; image < end; image++) {
    for (let c: usize = 0; c < columnBytes; c += 32) {
      const paired = c + 16 < columnBytes;
      const d = paired ? c + 16 : c;
      loadPlanes(input, image, c, d, plane + interior, otherPlane + interior, sourceRow);
      correlateSquare(
        output.height, output.width, step.kernel, step.step, plane, sourceRow, packed + taps * c, result,
      );
      if (paired) {
        correlateSquare(
          output.height, output.width, step.kernel, step.step, otherPlane, sourceRow, packed + taps * d, otherResult,
        );
      }
      storeOutputPlanes(output, image, c, d, result, paired ? otherResult : result, partials, image == first);
    }
  }
}

export function depthwiseConvForwardFinish(step: Step, parts: i32): void {
  finishStatistics(step, step.parameter1, step.parameter2, parts);
}

export function depthwiseConvBackward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, output = step.output, mode = step.inputMode;
  const first = firstImage(step.batch, part, parts), end = firstImage(step.batch, part + 1, parts);
  const taps = <usize> (step.kernel * step.kernel);
  const columnBytes = <usize> input.stride << 2;
  const sourceRow = <usize> inputPlaneWidth(step) * pixelBytes;
  const planeBytes = <usize> inputPlaneHeight(step) * sourceRow;
  const gradientRow = <usize> gradientPlaneWidth(step) * pixelBytes;
  const gradientBytes = <usize> gradientPlaneHeight(step) * gradientRow;
  const split = scratch;
  const packed = split + taps * columnBytes;
  const table = packed + taps * pixelBytes;
  const plane = table + (<usize> tableFloats(output) << 2), otherPlane = plane + planeBytes;
  const gradient = otherPlane + planeBytes, otherGradient = gradient + gradientBytes;
  const result = otherGradient + gradientBytes, otherResult = result + resultPlaneBytes(step);
  const interior = <usize> step.padTop * sourceRow + <usize> step.padLeft * pixelBytes;
  const gradientInterior = <usize> reach(step) * (gradientRow + pixelBytes);
  const resultStart = spreadStart(step), resultRow = spreadRow(step);
  const sums = step.partials + <usize> part * taps * columnBytes;
  const gammaGradient = part == 0 ? step.gradient1 : 0, betaGradient = part == 0 ? step.gradient2 : 0;
  outputGradientTable(output, step.batch, parts, step.training, table, gammaGradient, betaGradient);
  clearGradientSums(input, mode, part);
  memory.fill(plane, 0, 2 * (planeBytes + gradientBytes));
  memory.fill(sums, 0, taps * columnBytes);
  if (mode != 0) {
    for (let c: usize = 0; c < columnBytes; c += 16) {
      packFilter(step, c, packed);
      splitFilter(step, packed, split + taps * c);
    }
  }
  for (let image = first; image < end; image++) {
    for (let c: usize = 0; c < columnBytes; c += 32) {
      const paired = c + 16 < columnBytes;
      const d = paired ? c + 16 : c;
      loadOutputGradientPlanes(
        output, image, c, d, table, gradient + gradientInterior, otherGradient + gradientInterior, gradientRow,
      );
      if (step.gradient0 != 0) {
        loadPlanes(input, image, c, d, plane + interior, otherPlane + interior, sourceRow);
        addTapGradients(
          step.kernel, step.step, output.height, output.width, plane, sourceRow,
          gradient + gradientInterior, gradientRow, sums + c, columnBytes,
        );
        if (paired) {
          addTapGradients(
            step.kernel, step.step, output.height, output.width, otherPlane, sourceRow,
            otherGradient + gradientInterior, gradientRow, sums + d, columnBytes,
          );
        }
      }
      if (mode == 0) continue;
      spreadPlane(step, gradient, gradientRow, split + taps * c, result);
      if (paired) spreadPlane(step, otherGradient, gradientRow, split + taps * d, otherResult);
      const source = result + resultStart, otherSource = paired ? otherResult + resultStart : source;
      if (mode == 1) writeGradientPlanes(input, image, c, d, source, otherSource, resultRow, part);
      else addGradientPlanes(input, image, c, d, source, otherSource, resultRow, part);
    }
  }
}

export function depthwiseConvBackwardFinish(step: Step, parts: i32): void {
  if (step.gradient0 == 0) return;
  const taps = step.kernel * step.kernel, channels = step.input.channels, stride = step.input.stride;
  for (let tap = 0; tap < taps; tap++) {
    for (let channel = 0; channel < channels; channel++) {
      let sum: f32 = 0;
      for (let part = 0; part < parts; part++) {
        sum += f32.load(step.partials + (<usize> ((part * taps + tap) * stride + channel) << 2));
      }
      f32.store(step.gradient0 + (<usize> (tap * channels + channel) << 2), sum);
    }
  }
}
