// Winograd's transform of filters, and its transpose, which brings the sums of all points back to the gradient of the
// filters. In one dimension a point's share is the filter's polynomial there over the product of the point's distances
// from the others: -1.5 at the nearer points, +-sqrt(1/2), and 6 at the farther ones, +-sqrt(2).
import { panelFloats } from "./matrix_product";
import { aligned, bytesOf } from "./patches";
import { Step } from "./step";
import { multiplyAdd } from "./vector";
import { points } from "./winograd";

const near: f32 = -2.0 / 3.0, nearOdd: f32 = near * 0.7071067811865476;
const far: f32 = 1.0 / 6.0, farOdd: f32 = far * 1.4142135623730951;

// Where the compiler does not see them: else it makes them anew at each use.
const table = memory.data<f32>([near, nearOdd, far, farOdd, 0.5, 2], 16);

// Entry `index` of the table.
@inline
function constant(index: usize): v128 {
  return v128.load_splat<f32>(table + (index << 2));
}

// Three taps to six points; distances in bytes.
@inline
function transformTaps(source: usize, tapBytes: usize, target: usize, pointBytes: usize): void {
  const g0 = v128.load(source), g1 = v128.load(source + tapBytes), g2 = v128.load(source + 2 * tapBytes);
  v128.store(target, g0);
  const even0 = f32x4.mul(constant(0), multiplyAdd(g2, constant(4), g0)), odd0 = f32x4.mul(constant(1), g1);
  v128.store(target + pointBytes, f32x4.add(even0, odd0));
  v128.store(target + 2 * pointBytes, f32x4.sub(even0, odd0));
  const even1 = f32x4.mul(constant(2), multiplyAdd(g2, constant(5), g0)), odd1 = f32x4.mul(constant(3), g1);
  v128.store(target + 3 * pointBytes, f32x4.add(even1, odd1));
  v128.store(target + 4 * pointBytes, f32x4.sub(even1, odd1));
  v128.store(target + 5 * pointBytes, g2);
}

// Six points to three taps: the transpose.
@inline
function gatherTaps(source: usize, pointBytes: usize, target: usize, tapBytes: usize): void {
  const u1 = v128.load(source + pointBytes), u2 = v128.load(source + 2 * pointBytes);
  const u3 = v128.load(source + 3 * pointBytes), u4 = v128.load(source + 4 * pointBytes);
  const even0 = f32x4.mul(constant(0), f32x4.add(u1, u2)), odd0 = f32x4.mul(constant(1), f32x4.sub(u1, u2));
  const even1 = f32x4.mul(constant(2), f32x4.add(u3, u4)), odd1 = f32x4.mul(constant(3), f32x4.sub(u3, u4));
  v128.store(target, f32x4.add(v128.load(source), f32x4.add(even0, even1)));
  v128.store(target + tapBytes, f32x4.add(odd0, odd1));
  const last = multiplyAdd(even0, constant(4), v128.load(source + 5 * pointBytes));
  v128.store(target + 2 * tapBytes, multiplyAdd(even1, constant(5), last));
}

/** Floats of scratch that {@link transformFilters} needs. */
export const filterScratchFloats: i32 = (4 * 36 + 18) * 4;

/** Floats from point to point of the transformed filters: an odd number of cache lines, as of the tiles. */
export function filterPointFloats(depth: i32, columns: i32): i32 {
  return aligned(panelFloats(depth, columns)) | 16;
}

// The filters of one input and four outputs from `source` on to 36 points, `pointBytes` apart.
@inline
function transformFour(step: Step, source: usize, target: usize, pointBytes: usize, rows: usize): void {
  const tapBytes = bytesOf(step.input.channels * step.output.channels), rowBytes = tapBytes * 3;
  for (let x: usize = 0; x < 3; x++) transformTaps(source + x * tapBytes, rowBytes, rows + x * 16, 48);
  for (let y: usize = 0; y < 6; y++) transformTaps(rows + y * 48, 16, target + y * 6 * pointBytes, pointBytes);
}

/**
 * The transformed filters as matrices `[input, output]` in panels, `filterPointFloats` apart. `strip` is scratch of
 * {@link filterScratchFloats}.
 */
export function transformFilters(step: Step, packed: usize, strip: usize): void {
  const channels = step.input.channels, filters = step.output.channels;
  const pointBytes = bytesOf(filterPointFloats(channels, filters));
  for (let i = 0; i < channels; i++) {
    for (let o = 0; o < filters; o += 4) {
      const target = packed + bytesOf(((o >> 3) * channels + i) * 8 + (o & 7));
      transformFour(step, step.parameter0 + bytesOf(i * filters + o), target, pointBytes, strip);
    }
  }
}

/** The same, transposed: matrices `[output, input]`. */
export function transposeFilters(step: Step, packed: usize, strip: usize): void {
  const channels = step.input.channels, filters = step.output.channels;
  const pointBytes = bytesOf(filterPointFloats(filters, channels));
  const rows = strip + 4 * 36 * 16;
  for (let i = 0; i < channels; i += 4) {
    for (let o = 0; o < filters; o += 4) {
      for (let k = 0; k < 4; k++) {
        const source = step.parameter0 + bytesOf((i + k) * filters + o);
        transformFour(step, source, strip + (<usize> k << 4), 64, rows);
      }
      let from = strip, to = packed + bytesOf(((i >> 3) * filters + o) * 8 + (i & 7));
      for (let point = 0; point < points; point++) {
        const a = v128.load(from), b = v128.load(from, 16), c = v128.load(from, 32), d = v128.load(from, 48);
        const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
        v128.store(to, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
        v128.store(to, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7), 32);
        const abHigh = v128.shuffle<f32>(a, b, 2, 6, 3, 7), cdHigh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
        v128.store(to, v128.shuffle<f32>(abHigh, cdHigh, 0, 1, 4, 5), 64);
        v128.store(to, v128.shuffle<f32>(abHigh, cdHigh, 2, 3, 6, 7), 96);
        from += 64;
        to += pointBytes;
      }
    }
  }
}

/** Floats of scratch that {@link gatherFilters} needs. */
export const gatherFloats: i32 = 18 * 4;

/**
 * The gradient of the filters from the parts' sums `[points][input][output]`, whose rows are `sumBytes` apart, points
 * `pointBytes` and parts `partBytes`. The first part's sums are overwritten. `strip` is scratch of
 * {@link gatherFloats}.
 */
export function gatherFilters(
  step: Step,
  parts: i32,
  sums: usize,
  sumBytes: usize,
  pointBytes: usize,
  partBytes: usize,
  strip: usize,
): void {
  const channels = step.input.channels, filters = step.output.channels;
  const tapBytes = bytesOf(channels * filters);
  for (let i = 0; i < channels; i++) {
    for (let o = 0; o < filters; o += 4) {
      const source = sums + <usize> i * sumBytes + bytesOf(o);
      if (parts > 1) {
        let at = source;
        for (let point = 0; point < points; point++) {
          let sum = v128.load(at);
          for (let part = 1; part < parts; part++) sum = f32x4.add(sum, v128.load(at + <usize> part * partBytes));
          v128.store(at, sum);
          at += pointBytes;
        }
      }
      for (let x: usize = 0; x < 6; x++) gatherTaps(source + x * pointBytes, 6 * pointBytes, strip + x * 16, 96);
      const target = step.gradient0 + bytesOf(i * filters + o);
      for (let y: usize = 0; y < 3; y++) gatherTaps(strip + y * 96, 16, target + 3 * y * tapBytes, tapBytes);
    }
  }
}
