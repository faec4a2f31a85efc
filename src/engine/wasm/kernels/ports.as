// Tensors that pass between the network and a loss: dense, with no padding of channels.
import { Value } from "./step";
import {
  clearGradientSums, loadRows, loadRowsBeforeActivation, storeGradientRows, storeGradientRowsBeforeActivation,
} from "./value";

/** Copies `rows` of `channels` floats, `stride` floats apart, to dense ones. */
export function packRows(rows: i32, channels: i32, stride: i32, source: usize, target: usize): void {
  for (let row = 0; row < rows; row++) {
    memory.copy(target, source, <usize> channels << 2);
    source += <usize> stride << 2;
    target += <usize> channels << 2;
  }
}

/** Copies dense `rows` of `channels` floats to rows `stride` floats apart, whose rest becomes zero. */
export function unpackRows(rows: i32, channels: i32, stride: i32, source: usize, target: usize): void {
  for (let row = 0; row < rows; row++) {
    memory.copy(target, source, <usize> channels << 2);
    memory.fill(target + (<usize> channels << 2), 0, <usize> (stride - channels) << 2);
    source += <usize> channels << 2;
    target += <usize> stride << 2;
  }
}

/**
 * Writes a value, dense [batch][pixels][channels], to `target`; `before` 1: without its activation and gate.
 * `scratch`: one image of the value.
 */
export function extractPort(value: Value, batch: i32, before: i32, target: usize, scratch: usize): void {
  const pixels = value.height * value.width;
  for (let image = 0; image < batch; image++) {
    if (before) loadRowsBeforeActivation(value, image * pixels, pixels, scratch);
    else loadRows(value, image * pixels, pixels, scratch);
    packRows(pixels, value.channels, value.stride, scratch, target + (<usize> (image * pixels * value.channels) << 2));
  }
}

/**
 * Brings `source`, dense, the gradient of what extractPort gave, to the value's gradient as storeGradientRows does;
 * all on one thread, so the sums of the other `parts` are only cleared. `before` 1 is not for gated values.
 */
export function injectPort(
  value: Value,
  batch: i32,
  before: i32,
  source: usize,
  mode: i32,
  scratch: usize,
  parts: i32,
): void {
  const pixels = value.height * value.width;
  for (let part = 0; part < parts; part++) clearGradientSums(value, mode, part);
  for (let image = 0; image < batch; image++) {
    const row = image * pixels;
    unpackRows(pixels, value.channels, value.stride, source + (<usize> (row * value.channels) << 2), scratch);
    if (before) storeGradientRowsBeforeActivation(value, row, pixels, scratch, mode, 0);
    else storeGradientRows(value, row, pixels, scratch, mode, 0);
  }
}
