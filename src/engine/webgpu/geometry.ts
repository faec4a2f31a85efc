// How work is cut into workgroups, and where windows lie.
import type { Value } from "../plan.ts";

/** Padding before the first row or column of TensorFlow's "same" windows. */
export function paddingBefore(size: number, outputSize: number, kernel: number, stride: number): number {
  return Math.max(0, (outputSize - 1) * stride + kernel - size) >> 1;
}

/** The sizes of a window from `input` to `output`, as the WGSL of windows names them. */
export function windowSizes(input: Value, output: Value, kernel: number, stride: number): Record<string, number> {
  const [height, width] = input.shape;
  const [outHeight, outWidth] = output.shape;
  return {
    height,
    width,
    out_height: outHeight,
    out_width: outWidth,
    pad_top: paddingBefore(height, outHeight, kernel, stride),
    pad_left: paddingBefore(width, outWidth, kernel, stride),
  };
}

/** Pixels of a batch of `value`. */
export function rowsOf(value: Value, batchSize: number): number {
  return batchSize * value.shape[0] * value.shape[1];
}

/** Threads of an elementwise workgroup. */
export const elementThreads = 256;

/** How an elementwise kernel covers `[rows, channels]`. */
export interface ElementTiles {
  /** Threads side by side along the channels. */
  lanes: number;
  /** Rows that lie side by side. */
  rowLanes: number;
  rowsPerThread: number;
  tiles: number;
  /** Workgroups along the channels. */
  blocks: number;
}

/** The widest power of 2 that leaves at most an eighth of the threads without a channel, else the least wasteful. */
function channelLanes(channels: number): number {
  const widths = [64, 32, 16, 8, 4, 2, 1];
  const waste = (lanes: number) => (Math.ceil(channels / lanes) * lanes) / channels - 1;
  return widths.find((lanes) => waste(lanes) <= 1 / 8) ?? 1;
}

// Enough to fill a large GPU, beyond which threads rather do more rows, so that fewer partial sums are left.
const plentyOfWorkgroups = 1024;

/** @param atLeast Fewest rows per thread, as far as there are rows. */
export function elementTiles(rows: number, channels: number, atLeast = 1): ElementTiles {
  const lanes = channelLanes(channels);
  const rowLanes = elementThreads / lanes;
  const blocks = Math.ceil(channels / lanes);
  const most = Math.ceil(rows / rowLanes);
  const rowsPerThread = Math.min(most, Math.max(atLeast, Math.ceil(most * blocks / plentyOfWorkgroups)), 64);
  return { lanes, rowLanes, rowsPerThread, blocks, tiles: Math.ceil(rows / (rowLanes * rowsPerThread)) };
}
