// The shortcut without parameters of CIFAR residual networks (1512.03385, option A): every step-th pixel, with zero
// channels before and after.
import { firstImage, Step } from "./step";
import { clearGradientSums, loadRows, storeGradientRows } from "./value";

/** A row of the input. */
export function subsampleScratchFloats(step: Step): i32 {
  return step.input.width * step.input.stride;
}

export function subsamplePartialFloats(step: Step, parts: i32): i32 {
  return 0;
}

// Zero channels before those of the input, in bytes.
@inline
function channelsBefore(step: Step): usize {
  return <usize> ((step.output.channels - step.input.channels) >> 1) << 2;
}

export function subsampleForward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, output = step.output;
  const before = channelsBefore(step), copied = <usize> input.channels << 2;
  const pixelStep = <usize> (step.step * input.stride) << 2, rowBytes = <usize> output.stride << 2;
  for (let image = firstImage(step.batch, part, parts); image < firstImage(step.batch, part + 1, parts); image++) {
    for (let y = 0; y < output.height; y++) {
      loadRows(input, (image * input.height + y * step.step) * input.width, input.width, scratch);
      let to = output.raw + <usize> ((image * output.height + y) * output.width) * rowBytes;
      memory.fill(to, 0, <usize> output.width * rowBytes);
      let from = scratch;
      for (let x = 0; x < output.width; x++) {
        memory.copy(to + before, from, copied);
        from += pixelStep;
        to += rowBytes;
      }
    }
  }
}

export function subsampleBackward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, output = step.output, mode = step.inputMode;
  if (mode == 0) return;
  const before = channelsBefore(step), copied = <usize> input.channels << 2;
  const pixelStep = <usize> (step.step * input.stride) << 2, rowBytes = <usize> output.stride << 2;
  const scratchBytes = <usize> (input.width * input.stride) << 2;
  clearGradientSums(input, mode, part);
  memory.fill(scratch, 0, scratchBytes);
  for (let image = firstImage(step.batch, part, parts); image < firstImage(step.batch, part + 1, parts); image++) {
    for (let row = 0; row < input.height; row++) {
      const isRead = row % step.step == 0;
      if (!isRead && mode == 2) continue;
      let from = output.gradient + <usize> ((image * output.height + row / step.step) * output.width) * rowBytes;
      let to = scratch;
      for (let x = 0; x < output.width; x++) {
        if (isRead) memory.copy(to, from + before, copied);
        else memory.fill(to, 0, copied);
        from += rowBytes;
        to += pixelStep;
      }
      storeGradientRows(input, (image * input.height + row) * input.width, input.width, scratch, mode, part);
    }
  }
}
