// Dropout (1207.0580): in training elements are left out at random and the others scaled up.
import { random, randomKey } from "./random";
import { firstImage, Step } from "./step";
import { clearGradientSums, loadRows, storeGradientRows } from "./value";

/** A row of the image. */
export function dropoutScratchFloats(step: Step): i32 {
  return step.input.width * step.input.stride;
}

export function dropoutPartialFloats(step: Step, parts: i32): i32 {
  return 0;
}

// target = source, each element kept and scaled or not; `row` is the first pixel's number in the batch.
function mask(step: Step, key: u32, row: i32, rows: i32, source: usize, target: usize): void {
  const channels = step.input.channels, rate = step.rate, padding = step.input.stride - channels;
  const factor: f32 = 1 / (1 - rate);
  let index = row * channels;
  for (let i = 0; i < rows; i++) {
    for (let channel = 0; channel < channels; channel++) {
      f32.store(target, random(key, index) < rate ? 0 : f32.load(source) * factor);
      index++;
      source += 4;
      target += 4;
    }
    memory.fill(target, 0, <usize> padding << 2);
    source += <usize> padding << 2;
    target += <usize> padding << 2;
  }
}

export function dropoutForward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, width = input.width;
  const key = randomKey(step);
  const first = firstImage(step.batch, part, parts), end = firstImage(step.batch, part + 1, parts);
  for (let row = first * input.height * width; row < end * input.height * width; row += width) {
    const target = step.output.raw + (<usize> (row * input.stride) << 2);
    loadRows(input, row, width, target);
    if (step.training) mask(step, key, row, width, target, target);
  }
}

export function dropoutBackward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, width = input.width, mode = step.inputMode;
  if (mode == 0) return;
  const key = randomKey(step);
  const first = firstImage(step.batch, part, parts), end = firstImage(step.batch, part + 1, parts);
  clearGradientSums(input, mode, part);
  for (let row = first * input.height * width; row < end * input.height * width; row += width) {
    let source = step.output.gradient + (<usize> (row * input.stride) << 2);
    if (step.training) {
      mask(step, key, row, width, source, scratch);
      source = scratch;
    }
    storeGradientRows(input, row, width, source, mode, part);
  }
}
