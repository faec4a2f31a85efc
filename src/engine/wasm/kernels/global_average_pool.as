// The mean of each channel over all pixels of an image.
import { firstImage, Step } from "./step";
import { clearGradientSums, storeGradientPlane, sumPixels } from "./value";

export function globalAveragePoolScratchFloats(step: Step): i32 {
  return 4;
}

export function globalAveragePoolPartialFloats(step: Step, parts: i32): i32 {
  return 0;
}

export function globalAveragePoolForward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, rowBytes = <usize> input.stride << 2;
  const share = f32x4.splat(1 / <f32> (input.height * input.width));
  for (let image = firstImage(step.batch, part, parts); image < firstImage(step.batch, part + 1, parts); image++) {
    const target = step.output.raw + <usize> image * rowBytes;
    for (let c: usize = 0; c < rowBytes; c += 16) v128.store(target + c, f32x4.mul(sumPixels(input, image, c), share));
  }
}

export function globalAveragePoolBackward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, rowBytes = <usize> input.stride << 2;
  if (step.inputMode == 0) return;
  const share = f32x4.splat(1 / <f32> (input.height * input.width));
  clearGradientSums(input, step.inputMode, part);
  for (let image = firstImage(step.batch, part, parts); image < firstImage(step.batch, part + 1, parts); image++) {
    const source = step.output.gradient + <usize> image * rowBytes;
    for (let c: usize = 0; c < rowBytes; c += 16) {
      v128.store(scratch, f32x4.mul(v128.load(source + c), share));
      storeGradientPlane(input, image, c, scratch, 0, 0, step.inputMode, part);
    }
  }
}
