// Average pooling, "same" as TensorFlow: windows at the border divide by their pixels inside the image. Each plane is
// correlated with a filter of ones.
import { correlateSquare, pixelBytes } from "./correlation";
import {
  gradientPlaneHeight, gradientPlaneWidth, inputPlaneHeight, inputPlaneWidth, reach, resultPlaneBytes, spreadPlane,
  spreadRow, spreadStart,
} from "./spread";
import { storeOutputPlane } from "./normalisation";
import { firstImage, Step } from "./step";
import { clearGradientSums, loadOutputGradientPlane, loadPlane, storeGradientPlane } from "./value";

export function averagePoolScratchFloats(step: Step): i32 {
  const planes = inputPlaneHeight(step) * inputPlaneWidth(step) + gradientPlaneHeight(step) * gradientPlaneWidth(step);
  return 4 * (planes + step.kernel * step.kernel) + <i32> (resultPlaneBytes(step) >> 2);
}

export function averagePoolPartialFloats(step: Step, parts: i32): i32 {
  return 0;
}

// Pixels inside the image of the window that begins at `start`, in one direction.
@inline
function inside(start: i32, kernel: i32, length: i32): i32 {
  return min(start + kernel, length) - max(start, 0);
}

// Divides a plane of outputs by the sizes of their windows.
function divide(step: Step, plane: usize, row: usize): void {
  for (let y = 0; y < step.output.height; y++) {
    const rows = inside(y * step.step - step.padTop, step.kernel, step.input.height);
    let at = plane;
    for (let x = 0; x < step.output.width; x++) {
      const columns = inside(x * step.step - step.padLeft, step.kernel, step.input.width);
      v128.store(at, f32x4.div(v128.load(at), f32x4.splat(<f32> (rows * columns))));
      at += pixelBytes;
    }
    plane += row;
  }
}

function fillOnes(vectors: i32, target: usize): void {
  for (let i: usize = 0; i < <usize> vectors; i++) v128.store(target + (i << 4), f32x4.splat(1));
}

export function averagePoolForward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, output = step.output;
  const sourceRow = <usize> inputPlaneWidth(step) * pixelBytes;
  const planeBytes = <usize> inputPlaneHeight(step) * sourceRow;
  const ones = scratch, plane = ones + <usize> (step.kernel * step.kernel) * pixelBytes, result = plane + planeBytes;
  const interior = plane + <usize> step.padTop * sourceRow + <usize> step.padLeft * pixelBytes;
  fillOnes(step.kernel * step.kernel, ones);
  memory.fill(plane, 0, planeBytes);
  for (let image = firstImage(step.batch, part, parts); image < firstImage(step.batch, part + 1, parts); image++) {
    for (let c: usize = 0; c < <usize> input.stride << 2; c += 16) {
      loadPlane(input, image, c, interior, sourceRow);
      correlateSquare(output.height, output.width, step.kernel, step.step, plane, sourceRow, ones, result);
      divide(step, result, <usize> output.width * pixelBytes);
      storeOutputPlane(output, image, c, result, 0, false);
    }
  }
}

export function averagePoolBackward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, output = step.output, mode = step.inputMode;
  if (mode == 0) return;
  const gradientRow = <usize> gradientPlaneWidth(step) * pixelBytes;
  const gradientBytes = <usize> gradientPlaneHeight(step) * gradientRow;
  const ones = scratch, gradient = ones + <usize> (step.kernel * step.kernel) * pixelBytes;
  const result = gradient + gradientBytes;
  const interior = gradient + <usize> reach(step) * (gradientRow + pixelBytes);
  clearGradientSums(input, mode, part);
  fillOnes(step.kernel * step.kernel, ones);
  memory.fill(gradient, 0, gradientBytes);
  for (let image = firstImage(step.batch, part, parts); image < firstImage(step.batch, part + 1, parts); image++) {
    for (let c: usize = 0; c < <usize> input.stride << 2; c += 16) {
      loadOutputGradientPlane(output, image, c, 0, interior, gradientRow);
      divide(step, interior, gradientRow);
      spreadPlane(step, gradient, gradientRow, ones, result);
      storeGradientPlane(input, image, c, result + spreadStart(step), spreadRow(step), pixelBytes, mode, part);
    }
  }
}
