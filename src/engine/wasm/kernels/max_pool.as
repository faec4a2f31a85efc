// Max pooling, "same" as TensorFlow: the border never wins. The gradient goes to the first maximum of a window, by
// rows.
import { pixelBytes } from "./correlation";
import { storeOutputPlane } from "./normalisation";
import { inputPlaneHeight, inputPlaneWidth } from "./spread";
import { firstImage, Step } from "./step";
import { clearGradientSums, loadOutputGradientPlane, loadPlane, storeGradientPlane } from "./value";

export function maxPoolScratchFloats(step: Step): i32 {
  return 8 * inputPlaneHeight(step) * inputPlaneWidth(step) + 4 * step.output.height * step.output.width;
}

export function maxPoolPartialFloats(step: Step, parts: i32): i32 {
  return 0;
}

function fillBorder(bytes: usize, plane: usize): void {
  for (let at: usize = 0; at < bytes; at += 16) v128.store(plane + at, f32x4.splat(-Infinity));
}

@inline
function windowMaximum(kernel: i32, window: usize, row: usize): v128 {
  let most = f32x4.splat(-Infinity);
  for (let u = 0; u < kernel; u++) {
    // f32x4.max keeps a NaN.
    for (let v: usize = 0; v < <usize> kernel; v++) most = f32x4.max(most, v128.load(window + (v << 4)));
    window += row;
  }
  return most;
}

export function maxPoolForward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, output = step.output;
  const row = <usize> inputPlaneWidth(step) * pixelBytes;
  const planeBytes = <usize> inputPlaneHeight(step) * row;
  const plane = scratch, result = plane + planeBytes;
  const interior = plane + <usize> step.padTop * row + <usize> step.padLeft * pixelBytes;
  fillBorder(planeBytes, plane);
  for (let image = firstImage(step.batch, part, parts); image < firstImage(step.batch, part + 1, parts); image++) {
    for (let c: usize = 0; c < <usize> input.stride << 2; c += 16) {
      loadPlane(input, image, c, interior, row);
      let to = result;
      for (let y = 0; y < output.height; y++) {
        let window = plane + <usize> (y * step.step) * row;
        for (let x = 0; x < output.width; x++) {
          v128.store(to, windowMaximum(step.kernel, window, row));
          window += <usize> step.step * pixelBytes;
          to += pixelBytes;
        }
      }
      storeOutputPlane(output, image, c, result, 0, false);
    }
  }
}

// Adds `g` to the first pixel of the window that holds its maximum, in each lane.
@inline
function addToMaximum(kernel: i32, window: usize, gradient: usize, row: usize, g: v128): void {
  const most = windowMaximum(kernel, window, row);
  let left = g;
  for (let u = 0; u < kernel; u++) {
    for (let v: usize = 0; v < <usize> kernel; v++) {
      const here = f32x4.eq(v128.load(window + (v << 4)), most);
      const to = gradient + (v << 4);
      v128.store(to, f32x4.add(v128.load(to), v128.and(left, here)));
      left = v128.andnot(left, here);
    }
    window += row;
    gradient += row;
  }
}

export function maxPoolBackward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, output = step.output, mode = step.inputMode;
  if (mode == 0) return;
  const row = <usize> inputPlaneWidth(step) * pixelBytes;
  const planeBytes = <usize> inputPlaneHeight(step) * row;
  const inner = <usize> step.padTop * row + <usize> step.padLeft * pixelBytes;
  const outputRow = <usize> output.width * pixelBytes;
  const plane = scratch, gradient = plane + planeBytes, outputGradient = gradient + planeBytes;
  clearGradientSums(input, mode, part);
  fillBorder(planeBytes, plane);
  for (let image = firstImage(step.batch, part, parts); image < firstImage(step.batch, part + 1, parts); image++) {
    for (let c: usize = 0; c < <usize> input.stride << 2; c += 16) {
      loadPlane(input, image, c, plane + inner, row);
      loadOutputGradientPlane(output, image, c, 0, outputGradient, outputRow);
      memory.fill(gradient, 0, planeBytes);
      let from = outputGradient;
      for (let y = 0; y < output.height; y++) {
        let at = <usize> (y * step.step) * row;
        for (let x = 0; x < output.width; x++) {
          addToMaximum(step.kernel, plane + at, gradient + at, row, v128.load(from));
          at += <usize> step.step * pixelBytes;
          from += pixelBytes;
        }
      }
      storeGradientPlane(input, image, c, gradient + inner, row, pixelBytes, mode, part);
    }
  }
}
