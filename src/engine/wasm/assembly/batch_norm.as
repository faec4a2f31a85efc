// Batch norm in training mode with its activation, over a matrix [rows, channels]. Walked in blocks of rows that stay in
// the cache, within a block eight channels at a time, whose constants and sums stay in registers.
import { clearFloats, loadHigh, loadLow, multiplyAdd, paddedColumns, storeUnit } from "./vector";

const blockFloats = 8192;

@inline
function blockRows(channels: i32): i32 {
  return max(8, blockFloats / channels);
}

/** Floats of scratch that each batch norm kernel needs. */
export function batchNormScratchFloats(channels: i32): i32 {
  return 2 * paddedColumns(channels);
}

// Sums are taken of x minus the channel's first value, so that a large mean does not swallow the variance.
function addMoments(rows: i32, step: usize, x: usize, first: usize, columns: i32, sums: usize, squares: usize): void {
  const shiftLow = loadLow(first, columns), shiftHigh = loadHigh(first, columns);
  let sumLow = f32x4.splat(0), sumHigh = f32x4.splat(0), squareLow = f32x4.splat(0), squareHigh = f32x4.splat(0);
  for (let row = 0; row < rows; row++) {
    const low = f32x4.sub(loadLow(x, columns), shiftLow), high = f32x4.sub(loadHigh(x, columns), shiftHigh);
    sumLow = f32x4.add(sumLow, low);
    sumHigh = f32x4.add(sumHigh, high);
    squareLow = multiplyAdd(low, low, squareLow);
    squareHigh = multiplyAdd(high, high, squareHigh);
    x += step;
  }
  v128.store(sums, f32x4.add(v128.load(sums), sumLow));
  v128.store(sums, f32x4.add(v128.load(sums, 16), sumHigh), 16);
  v128.store(squares, f32x4.add(v128.load(squares), squareLow));
  v128.store(squares, f32x4.add(v128.load(squares, 16), squareHigh), 16);
}

@inline
function varianceOf(sum: v128, square: v128, perRow: v128): v128 {
  const mean = f32x4.mul(sum, perRow);
  const variance = f32x4.sub(f32x4.mul(square, perRow), f32x4.mul(mean, mean));
  return f32x4.pmax(variance, f32x4.splat(0));
}

@inline
function inverseDeviation(variance: v128, epsilon: f32): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variance, f32x4.splat(epsilon))));
}

// In this order of operands NaN stays NaN, so that a diverged training is seen.
@inline
function clamp(value: v128, lower: f32, upper: f32): v128 {
  return f32x4.pmin(f32x4.pmax(value, f32x4.splat(lower)), f32x4.splat(upper));
}

function normalise(
  rows: i32,
  step: usize,
  x: usize,
  y: usize,
  columns: i32,
  mean: usize,
  variance: usize,
  gamma: usize,
  beta: usize,
  epsilon: f32,
  lower: f32,
  upper: f32,
): void {
  const meanLow = loadLow(mean, columns), meanHigh = loadHigh(mean, columns);
  const scaleLow = f32x4.mul(loadLow(gamma, columns), inverseDeviation(loadLow(variance, columns), epsilon));
  const scaleHigh = f32x4.mul(loadHigh(gamma, columns), inverseDeviation(loadHigh(variance, columns), epsilon));
  const betaLow = loadLow(beta, columns), betaHigh = loadHigh(beta, columns);
  for (let row = 0; row < rows; row++) {
    const low = multiplyAdd(f32x4.sub(loadLow(x, columns), meanLow), scaleLow, betaLow);
    const high = multiplyAdd(f32x4.sub(loadHigh(x, columns), meanHigh), scaleHigh, betaHigh);
    storeUnit(y, clamp(low, lower, upper), clamp(high, lower, upper), columns);
    x += step;
    y += step;
  }
}

/** y, and the batch's mean and biased variance `[channels]`. The activation is the range `lower` to `upper`. */
export function batchNorm(
  rows: i32,
  channels: i32,
  x: usize,
  gamma: usize,
  beta: usize,
  epsilon: f32,
  lower: f32,
  upper: f32,
  y: usize,
  mean: usize,
  variance: usize,
  scratch: usize,
): void {
  const step = <usize> channels << 2, block = blockRows(channels);
  const sums = scratch, squares = scratch + (<usize> paddedColumns(channels) << 2);
  clearFloats(scratch, batchNormScratchFloats(channels));
  for (let first = 0; first < rows; first += block) {
    for (let channel = 0; channel < channels; channel += 8) {
      const offset = <usize> channel << 2;
      const start = x + <usize> first * step + offset;
      const columns = min(8, channels - channel);
      addMoments(min(block, rows - first), step, start, x + offset, columns, sums + offset, squares + offset);
    }
  }
  const perRow = f32x4.splat(<f32> 1 / <f32> rows);
  for (let channel = 0; channel < channels; channel += 8) {
    const offset = <usize> channel << 2, columns = min(8, channels - channel);
    const sumLow = v128.load(sums + offset), sumHigh = v128.load(sums + offset, 16);
    const squareLow = v128.load(squares + offset), squareHigh = v128.load(squares + offset, 16);
    const meanLow = f32x4.add(loadLow(x + offset, columns), f32x4.mul(sumLow, perRow));
    const meanHigh = f32x4.add(loadHigh(x + offset, columns), f32x4.mul(sumHigh, perRow));
    storeUnit(mean + offset, meanLow, meanHigh, columns);
    const varianceLow = varianceOf(sumLow, squareLow, perRow), varianceHigh = varianceOf(sumHigh, squareHigh, perRow);
    storeUnit(variance + offset, varianceLow, varianceHigh, columns);
  }
  for (let first = 0; first < rows; first += block) {
    for (let channel = 0; channel < channels; channel += 8) {
      const offset = <usize> channel << 2;
      const start = <usize> first * step + offset;
      normalise(
        min(block, rows - first), step, x + start, y + start, min(8, channels - channel),
        mean + offset, variance + offset, gamma + offset, beta + offset, epsilon, lower, upper,
      );
    }
  }
}

// dy where the activation passes it: lower < y <= upper, as the gradients of relu and relu6 in TensorFlow.
@inline
function passed(centred: v128, dy: v128, scale: v128, beta: v128, lower: f32, upper: f32): v128 {
  const y = multiplyAdd(centred, scale, beta);
  return v128.and(dy, v128.and(f32x4.gt(y, f32x4.splat(lower)), f32x4.le(y, f32x4.splat(upper))));
}

// One block of eight channels: with `dx` zero adds to sums of the passed gradient and of its product with centred x,
// else writes dx = scale * passed + centred * slope + constant.
@inline
function gradientBlock(
  rows: i32,
  step: usize,
  x: usize,
  dy: usize,
  dx: usize,
  columns: i32,
  mean: usize,
  variance: usize,
  gamma: usize,
  beta: usize,
  epsilon: f32,
  lower: f32,
  upper: f32,
  first: usize,
  second: usize,
  write: bool,
): void {
  const meanLow = loadLow(mean, columns), meanHigh = loadHigh(mean, columns);
  const scaleLow = f32x4.mul(loadLow(gamma, columns), inverseDeviation(loadLow(variance, columns), epsilon));
  const scaleHigh = f32x4.mul(loadHigh(gamma, columns), inverseDeviation(loadHigh(variance, columns), epsilon));
  const betaLow = loadLow(beta, columns), betaHigh = loadHigh(beta, columns);
  let firstLow = write ? v128.load(first) : f32x4.splat(0), firstHigh = write ? v128.load(first, 16) : f32x4.splat(0);
  let secondLow = write ? v128.load(second) : f32x4.splat(0);
  let secondHigh = write ? v128.load(second, 16) : f32x4.splat(0);
  for (let row = 0; row < rows; row++) {
    const low = f32x4.sub(loadLow(x, columns), meanLow), high = f32x4.sub(loadHigh(x, columns), meanHigh);
    const passedLow = passed(low, loadLow(dy, columns), scaleLow, betaLow, lower, upper);
    const passedHigh = passed(high, loadHigh(dy, columns), scaleHigh, betaHigh, lower, upper);
    if (write) {
      const dxLow = multiplyAdd(passedLow, scaleLow, multiplyAdd(low, secondLow, firstLow));
      const dxHigh = multiplyAdd(passedHigh, scaleHigh, multiplyAdd(high, secondHigh, firstHigh));
      storeUnit(dx, dxLow, dxHigh, columns);
      dx += step;
    } else {
      firstLow = f32x4.add(firstLow, passedLow);
      firstHigh = f32x4.add(firstHigh, passedHigh);
      secondLow = multiplyAdd(passedLow, low, secondLow);
      secondHigh = multiplyAdd(passedHigh, high, secondHigh);
    }
    x += step;
    dy += step;
  }
  if (!write) {
    v128.store(first, f32x4.add(v128.load(first), firstLow));
    v128.store(first, f32x4.add(v128.load(first, 16), firstHigh), 16);
    v128.store(second, f32x4.add(v128.load(second), secondLow));
    v128.store(second, f32x4.add(v128.load(second, 16), secondHigh), 16);
  }
}

/** dx, dGamma and dBeta from the gradients of y, of the mean and of the variance. */
export function batchNormGradient(
  rows: i32,
  channels: i32,
  x: usize,
  gamma: usize,
  beta: usize,
  mean: usize,
  variance: usize,
  epsilon: f32,
  lower: f32,
  upper: f32,
  dy: usize,
  dMean: usize,
  dVariance: usize,
  dx: usize,
  dGamma: usize,
  dBeta: usize,
  scratch: usize,
): void {
  const step = <usize> channels << 2, block = blockRows(channels);
  const firsts = scratch, seconds = scratch + (<usize> paddedColumns(channels) << 2);
  clearFloats(scratch, batchNormScratchFloats(channels));
  for (let row = 0; row < rows; row += block) {
    for (let channel = 0; channel < channels; channel += 8) {
      const offset = <usize> channel << 2;
      const start = <usize> row * step + offset;
      gradientBlock(
        min(block, rows - row), step, x + start, dy + start, 0, min(8, channels - channel),
        mean + offset, variance + offset, gamma + offset, beta + offset, epsilon, lower, upper,
        firsts + offset, seconds + offset, false,
      );
    }
  }
  const perRow = <f32> 1 / <f32> rows;
  for (let channel = 0; channel < channels; channel++) {
    const offset = <usize> channel << 2;
    const inverse = <f32> 1 / sqrt<f32>(f32.load(variance + offset) + epsilon);
    const sumOfPassed = f32.load(firsts + offset);
    const slope = f32.load(seconds + offset) * inverse;
    f32.store(dBeta + offset, sumOfPassed);
    f32.store(dGamma + offset, slope);
    const scale = f32.load(gamma + offset) * inverse;
    f32.store(firsts + offset, perRow * (f32.load(dMean + offset) - scale * sumOfPassed));
    f32.store(seconds + offset, perRow * (<f32> 2 * f32.load(dVariance + offset) - scale * slope * inverse));
  }
  for (let row = 0; row < rows; row += block) {
    for (let channel = 0; channel < channels; channel += 8) {
      const offset = <usize> channel << 2;
      const start = <usize> row * step + offset;
      gradientBlock(
        min(block, rows - row), step, x + start, dy + start, dx + start, min(8, channels - channel),
        mean + offset, variance + offset, gamma + offset, beta + offset, epsilon, lower, upper,
        firsts + offset, seconds + offset, true,
      );
    }
  }
}
