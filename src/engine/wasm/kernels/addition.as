// The sum of a branch and its shortcut. In training stochastic depth (1603.09382) leaves out the branch of some
// images and scales up those of the others.
import { random, randomKey } from "./random";
import { multiplyAdd } from "./vector";
import { firstImage, Step } from "./step";
import { clearGradientSums, loadRows, storeGradientRows } from "./value";

/** Pixels of one go: as many as lie well in the first cache, at least one. */
@inline
function chunkRows(stride: i32): i32 {
  return max(1, 1536 / stride);
}

export function addScratchFloats(step: Step): i32 {
  return chunkRows(step.input.stride) * step.input.stride;
}

export function addPartialFloats(step: Step, parts: i32): i32 {
  return 0;
}

// What an image's branch counts.
@inline
function branchFactor(step: Step, key: u32, image: i32): f32 {
  if (step.training == 0 || step.rate == 0) return 1;
  return random(key, image) < step.rate ? 0 : 1 / (1 - step.rate);
}

export function addForward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, stride = input.stride;
  const pixels = input.height * input.width, chunk = chunkRows(stride);
  const key = randomKey(step);
  for (let image = firstImage(step.batch, part, parts); image < firstImage(step.batch, part + 1, parts); image++) {
    const factor = branchFactor(step, key, image);
    for (let row = image * pixels; row < (image + 1) * pixels; row += chunk) {
      const rows = min(chunk, (image + 1) * pixels - row);
      const target = step.output.raw + (<usize> (row * stride) << 2);
      loadRows(step.other, row, rows, target);
      if (factor == 0) continue;
      loadRows(input, row, rows, scratch);
      const scale = f32x4.splat(factor);
      for (let at: usize = 0; at < <usize> (rows * stride) << 2; at += 16) {
        v128.store(target + at, multiplyAdd(v128.load(scratch + at), scale, v128.load(target + at)));
      }
    }
  }
}

export function addBackward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, stride = input.stride;
  const pixels = input.height * input.width, chunk = chunkRows(stride);
  const key = randomKey(step);
  clearGradientSums(input, step.inputMode, part);
  clearGradientSums(step.other, step.otherMode, part);
  for (let image = firstImage(step.batch, part, parts); image < firstImage(step.batch, part + 1, parts); image++) {
    const factor = branchFactor(step, key, image);
    for (let row = image * pixels; row < (image + 1) * pixels; row += chunk) {
      const rows = min(chunk, (image + 1) * pixels - row);
      const source = step.output.gradient + (<usize> (row * stride) << 2);
      let branch = source;
      if (factor != 1) {
        branch = scratch;
        const scale = f32x4.splat(factor);
        for (let at: usize = 0; at < <usize> (rows * stride) << 2; at += 16) {
          v128.store(scratch + at, f32x4.mul(v128.load(source + at), scale));
        }
      }
      storeGradientRows(input, row, rows, branch, step.inputMode, part);
      storeGradientRows(step.other, row, rows, source, step.otherMode, part);
    }
  }
}
