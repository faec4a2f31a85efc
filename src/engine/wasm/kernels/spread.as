// The input gradient of one plane, and the sizes of all planes of a windowed op: depthwise convolutions and pooling.
import { correlatePhase, correlateSquare, pixelBytes, spread3ByTwo } from "./correlation";
import { Step } from "./step";

// Planes of the input and of the output's gradient, with all the border that any tap reaches.
@inline
export function inputPlaneHeight(step: Step): i32 {
  return max(step.padTop + step.input.height, (step.output.height - 1) * step.step + step.kernel);
}

@inline
export function inputPlaneWidth(step: Step): i32 {
  return max(step.padLeft + step.input.width, (step.output.width - 1) * step.step + step.kernel);
}

/** Taps of one phase at most, less one: how far the input gradient reaches before the gradient. */
@inline
export function reach(step: Step): i32 {
  return (step.kernel + step.step - 1) / step.step - 1;
}

@inline
export function gradientPlaneHeight(step: Step): i32 {
  return reach(step) + max(step.output.height, (step.padTop + step.input.height - 1) / step.step + 1);
}

@inline
export function gradientPlaneWidth(step: Step): i32 {
  return reach(step) + max(step.output.width, (step.padLeft + step.input.width - 1) / step.step + 1);
}

// Whether the input gradient comes in blocks of 2x2 from padded position (0, 0) on.
@inline
function comesInBlocks(step: Step): bool {
  return step.kernel == 3 && step.step == 2;
}

/** Bytes from row to row of the plane in which spreadPlane leaves the input gradient. */
@inline
export function spreadRow(step: Step): usize {
  const width = step.input.width;
  return <usize> (comesInBlocks(step) ? (step.padLeft + width + 1) & ~1 : width) * pixelBytes;
}

/** Bytes from the start of that plane to the first pixel's gradient. */
@inline
export function spreadStart(step: Step): usize {
  return comesInBlocks(step) ? <usize> step.padTop * spreadRow(step) + <usize> step.padLeft * pixelBytes : 0;
}

/** Bytes of the plane in which outputs or input gradients wait. */
@inline
export function resultPlaneBytes(step: Step): usize {
  const rows = comesInBlocks(step) ? (step.padTop + step.input.height + 1) & ~1 : step.input.height;
  return max(<usize> rows * spreadRow(step), <usize> (step.output.height * step.output.width) * pixelBytes);
}

// How many of a filter's taps, in one direction, meet input pixels whose padded position leaves `phase` by the stride.
@inline
function tapsOfPhase(kernel: i32, stride: i32, phase: i32): i32 {
  return phase < kernel ? (kernel - 1 - phase) / stride + 1 : 0;
}

/**
 * A packed filter's column of four channels as spreadPlane takes it: where it works in blocks as it is, else split by
 * phase of the stride: per phase (row, column) the taps that its pixels meet, in reverse order, dense. In all as long
 * as the filter.
 */
export function splitFilter(step: Step, filter: usize, split: usize): void {
  const kernel = step.kernel, stride = step.step;
  if (comesInBlocks(step)) {
    memory.copy(split, filter, <usize> (kernel * kernel) * pixelBytes);
    return;
  }
  for (let phaseY = 0; phaseY < stride; phaseY++) {
    for (let phaseX = 0; phaseX < stride; phaseX++) {
      for (let i = tapsOfPhase(kernel, stride, phaseY) - 1; i >= 0; i--) {
        for (let j = tapsOfPhase(kernel, stride, phaseX) - 1; j >= 0; j--) {
          const tap = (phaseY + i * stride) * kernel + phaseX + j * stride;
          v128.store(split, v128.load(filter + <usize> tap * pixelBytes));
          split += pixelBytes;
        }
      }
    }
  }
}

/**
 * The input gradient of one plane. Input pixels of one phase meet the same taps, so each phase is a plain correlation
 * of the `gradient`, a plane that begins `reach` pixels before the first. `split` as of splitFilter. `target`: rows
 * are spreadRow bytes apart, and the first pixel lies spreadStart bytes behind its start.
 */
export function spreadPlane(step: Step, gradient: usize, gradientRow: usize, split: usize, target: usize): void {
  const kernel = step.kernel, stride = step.step, height = step.input.height, width = step.input.width;
  const margin = reach(step);
  if (stride == 1) {
    const from = gradient + <usize> (step.padTop - (kernel - 1) + margin) * gradientRow +
      <usize> (step.padLeft - (kernel - 1) + margin) * pixelBytes;
    correlateSquare(height, width, kernel, 1, from, gradientRow, split, target);
    return;
  }
  if (comesInBlocks(step)) {
    const rows = (step.padTop + height + 1) >> 1, columns = (step.padLeft + width + 1) >> 1;
    const interior = gradient + <usize> margin * (gradientRow + pixelBytes);
    spread3ByTwo(rows, columns, interior, gradientRow, split, target, spreadRow(step));
    return;
  }
  for (let phaseY = 0; phaseY < stride; phaseY++) {
    const rows = tapsOfPhase(kernel, stride, phaseY);
    // The first input row of this phase, and its row of outputs.
    const top = (phaseY - step.padTop % stride + stride) % stride;
    const firstRow = (top + step.padTop) / stride - (rows - 1) + margin;
    for (let phaseX = 0; phaseX < stride; phaseX++) {
      const taps = tapsOfPhase(kernel, stride, phaseX);
      const left = (phaseX - step.padLeft % stride + stride) % stride;
      const firstColumn = (left + step.padLeft) / stride - (taps - 1) + margin;
      if (top < height && left < width) {
        correlatePhase(
          (height - top + stride - 1) / stride, (width - left + stride - 1) / stride, rows, taps,
          gradient + <usize> firstRow * gradientRow + <usize> firstColumn * pixelBytes, gradientRow, split,
          target + <usize> (top * width + left) * pixelBytes,
          <usize> (stride * width) * pixelBytes, <usize> stride * pixelBytes,
        );
      }
      split += <usize> (rows * taps) * pixelBytes;
    }
  }
}
