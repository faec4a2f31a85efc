// Winograd's transforms in one dimension, of four channels: six pixels to six points, six points to four output pixels,
// and the transposes of both for the way back. The points are 0, +-sqrt(1/2), +-sqrt(2) and infinity, whose rounding
// errors are a fraction of those of 0, +-1, +-2 and infinity.
//
// Distances are in bytes. Symmetric points share their even and odd halves.
import { multiplyAdd } from "./vector";

const near: f32 = 0.7071067811865476, far: f32 = 1.4142135623730951;

/** Constants of the lines, read once before a loop: as literals the compiler would make them anew at each use. */
const table = memory.data<f32>([near, far, 2, 0.5, -2, -0.5, -2.5], 16);

/** The nearer points' place, sqrt(1/2). */
@inline
export function nearPoint(): v128 {
  return v128.load_splat<f32>(table);
}

/** The farther points' place, sqrt(2). */
@inline
export function farPoint(): v128 {
  return v128.load_splat<f32>(table, 4);
}

@inline
export function two(): v128 {
  return v128.load_splat<f32>(table, 8);
}

@inline
export function half(): v128 {
  return v128.load_splat<f32>(table, 12);
}

@inline
export function minusTwo(): v128 {
  return v128.load_splat<f32>(table, 16);
}

@inline
export function minusHalf(): v128 {
  return v128.load_splat<f32>(table, 20);
}

/** Coefficient of the polynomial x (x^2 - 1/2) (x^2 - 2) that is not 1. */
@inline
export function middle(): v128 {
  return v128.load_splat<f32>(table, 24);
}

/** Six pixels to six points. */
@inline
export function pixelsToPoints(
  from: usize,
  fromStep: usize,
  to: usize,
  toStep: usize,
  near: v128,
  far: v128,
  minusTwo: v128,
  minusHalf: v128,
  middle: v128,
): void {
  const from1 = from + fromStep, from2 = from1 + fromStep, from3 = from2 + fromStep, from4 = from3 + fromStep;
  const to1 = to + toStep, to2 = to1 + toStep, to3 = to2 + toStep, to4 = to3 + toStep;
  const d2 = v128.load(from2), d4 = v128.load(from4);
  v128.store(to, f32x4.add(v128.load(from), multiplyAdd(middle, d2, d4)));
  const d1 = v128.load(from1), d3 = v128.load(from3);
  v128.store(to4 + toStep, f32x4.add(v128.load(from4 + fromStep), multiplyAdd(middle, d3, d1)));
  const even0 = multiplyAdd(minusTwo, d2, d4), odd0 = f32x4.mul(near, multiplyAdd(minusTwo, d1, d3));
  v128.store(to1, f32x4.add(even0, odd0));
  v128.store(to2, f32x4.sub(even0, odd0));
  const even1 = multiplyAdd(minusHalf, d2, d4), odd1 = f32x4.mul(far, multiplyAdd(minusHalf, d1, d3));
  v128.store(to3, f32x4.add(even1, odd1));
  v128.store(to4, f32x4.sub(even1, odd1));
}

/** Six points to the first `count` of four output pixels. */
@inline
export function pointsToOutputs(
  from: usize,
  fromStep: usize,
  to: usize,
  toStep: usize,
  count: i32,
  near: v128,
  far: v128,
  two: v128,
  half: v128,
): void {
  const from1 = from + fromStep, from2 = from1 + fromStep, from3 = from2 + fromStep, from4 = from3 + fromStep;
  const m1 = v128.load(from1), m2 = v128.load(from2), m3 = v128.load(from3), m4 = v128.load(from4);
  const even0 = f32x4.add(m1, m2), even1 = f32x4.add(m3, m4);
  v128.store(to, f32x4.add(v128.load(from), f32x4.add(even0, even1)));
  if (count == 1) return;
  const odd0 = f32x4.mul(near, f32x4.sub(m1, m2)), odd1 = f32x4.mul(far, f32x4.sub(m3, m4));
  const to1 = to + toStep, to2 = to1 + toStep;
  v128.store(to1, f32x4.add(odd0, odd1));
  if (count == 2) return;
  v128.store(to2, multiplyAdd(two, even1, f32x4.mul(half, even0)));
  if (count == 3) return;
  const last = multiplyAdd(half, odd0, v128.load(from4 + fromStep));
  v128.store(to2 + toStep, multiplyAdd(two, odd1, last));
}

/** The transpose of pointsToOutputs: four gradients of outputs to six points. */
@inline
export function outputsToPoints(
  from: usize,
  fromStep: usize,
  to: usize,
  toStep: usize,
  near: v128,
  far: v128,
  two: v128,
  half: v128,
): void {
  const from1 = from + fromStep, from2 = from1 + fromStep;
  const to1 = to + toStep, to2 = to1 + toStep, to3 = to2 + toStep, to4 = to3 + toStep;
  const y0 = v128.load(from), y1 = v128.load(from1), y2 = v128.load(from2), y3 = v128.load(from2 + fromStep);
  v128.store(to, y0);
  v128.store(to4 + toStep, y3);
  const even0 = multiplyAdd(half, y2, y0), odd0 = f32x4.mul(near, multiplyAdd(half, y3, y1));
  v128.store(to1, f32x4.add(even0, odd0));
  v128.store(to2, f32x4.sub(even0, odd0));
  const even1 = multiplyAdd(two, y2, y0), odd1 = f32x4.mul(far, multiplyAdd(two, y3, y1));
  v128.store(to3, f32x4.add(even1, odd1));
  v128.store(to4, f32x4.sub(even1, odd1));
}

/**
 * The transpose of pixelsToPoints: six points to the gradients of six pixels. Where `adds`, the first two join what is
 * there, which neighbouring tiles have given.
 */
@inline
export function pointsToPixels(
  from: usize,
  fromStep: usize,
  to: usize,
  toStep: usize,
  adds: bool,
  near: v128,
  far: v128,
  minusTwo: v128,
  minusHalf: v128,
  middle: v128,
): void {
  const from1 = from + fromStep, from2 = from1 + fromStep, from3 = from2 + fromStep, from4 = from3 + fromStep;
  const to1 = to + toStep, to2 = to1 + toStep, to3 = to2 + toStep, to4 = to3 + toStep;
  const m1 = v128.load(from1), m2 = v128.load(from2), m3 = v128.load(from3), m4 = v128.load(from4);
  const even0 = f32x4.add(m1, m2), even1 = f32x4.add(m3, m4), m0 = v128.load(from);
  const odd0 = f32x4.mul(near, f32x4.sub(m1, m2)), odd1 = f32x4.mul(far, f32x4.sub(m3, m4));
  const m5 = v128.load(from4 + fromStep);
  const d1 = multiplyAdd(minusHalf, odd1, multiplyAdd(minusTwo, odd0, m5));
  v128.store(to, adds ? f32x4.add(v128.load(to), m0) : m0);
  v128.store(to1, adds ? f32x4.add(v128.load(to1), d1) : d1);
  v128.store(to2, multiplyAdd(minusHalf, even1, multiplyAdd(minusTwo, even0, f32x4.mul(middle, m0))));
  v128.store(to3, multiplyAdd(middle, m5, f32x4.add(odd0, odd1)));
  v128.store(to4, f32x4.add(m0, f32x4.add(even0, even1)));
  v128.store(to4 + toStep, m5);
}
