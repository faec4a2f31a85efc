// Batch norm's own arithmetic: statistics of a raw output into the coefficients that its readers apply, and the sums
// of its gradient into the factors that turn it into the gradient of the raw output.
import { multiplyAdd } from "./vector";
import { Step, Value } from "./step";

/** Epsilon of every batch norm (MnasNet, 1807.11626, reference code). */
const epsilon: f32 = 1e-3;

/** Floats of one part's partial statistics: `[3][stride]`, a shift, and sums and sums of squares relative to it. */
export function statisticsFloats(value: Value): i32 {
  return 3 * value.stride;
}

/**
 * Begins a part's statistics. The shift is a `pixel` of the output, so that a mean far from zero does not cancel the
 * variance away.
 */
export function beginStatistics(stride: i32, pixel: usize, partials: usize): void {
  const rowBytes = <usize> stride << 2;
  memory.copy(partials, pixel, rowBytes);
  memory.fill(partials + rowBytes, 0, 2 * rowBytes);
}

/** Adds `rows` freshly written pixels of a raw output, `stride` floats each, to a part's statistics. */
export function addStatistics(stride: i32, rows: i32, pixels: usize, partials: usize): void {
  const rowBytes = <usize> stride << 2;
  const sums = partials + rowBytes, squares = sums + rowBytes;
  for (let c: usize = 0; c < rowBytes; c += 16) {
    const shift = v128.load(partials + c);
    // Two pixels at a time, so that one sum need not wait for the other.
    let sum0 = f32x4.splat(0), sum1 = sum0, square0 = sum0, square1 = sum0;
    let from = pixels + c;
    let left = rows;
    for (; left >= 2; left -= 2) {
      const d0 = f32x4.sub(v128.load(from), shift), d1 = f32x4.sub(v128.load(from + rowBytes), shift);
      sum0 = f32x4.add(sum0, d0);
      sum1 = f32x4.add(sum1, d1);
      square0 = multiplyAdd(d0, d0, square0);
      square1 = multiplyAdd(d1, d1, square1);
      from += 2 * rowBytes;
    }
    if (left > 0) {
      const d = f32x4.sub(v128.load(from), shift);
      sum0 = f32x4.add(sum0, d);
      square0 = multiplyAdd(d, d, square0);
    }
    const sum = f32x4.add(sum0, sum1), square = f32x4.add(square0, square1);
    v128.store(sums + c, f32x4.add(v128.load(sums + c), sum));
    v128.store(squares + c, f32x4.add(v128.load(squares + c), square));
  }
}

/**
 * Writes one image's four channels of a raw output from byte `c` of a pixel on: `plane` is `[height][width][4]`. Adds
 * them to a part's statistics; `first` begins these. `partials` 0: no statistics.
 */
export function storeOutputPlane(value: Value, image: i32, c: usize, plane: usize, partials: usize, first: bool): void {
  const rowBytes = <usize> value.stride << 2;
  const pixels = value.height * value.width;
  let to = value.raw + <usize> (image * pixels) * rowBytes + c;
  if (partials == 0) {
    for (let i = 0; i < pixels; i++) {
      v128.store(to, v128.load(plane));
      plane += 16;
      to += rowBytes;
    }
    return;
  }
  const statistics = partials + c;
  let shift = v128.load(plane), sum0 = f32x4.splat(0), square0 = sum0, sum1 = sum0, square1 = sum0;
  if (first) {
    v128.store(statistics, shift);
  } else {
    shift = v128.load(statistics);
    sum0 = v128.load(statistics + rowBytes);
    square0 = v128.load(statistics + 2 * rowBytes);
  }
  let left = pixels;
  for (; left >= 2; left -= 2) {
    const y0 = v128.load(plane), y1 = v128.load(plane, 16);
    const d0 = f32x4.sub(y0, shift), d1 = f32x4.sub(y1, shift);
    sum0 = f32x4.add(sum0, d0);
    sum1 = f32x4.add(sum1, d1);
    square0 = multiplyAdd(d0, d0, square0);
    square1 = multiplyAdd(d1, d1, square1);
    v128.store(to, y0);
    v128.store(to + rowBytes, y1);
    plane += 32;
    to += 2 * rowBytes;
  }
  if (left > 0) {
    const y0 = v128.load(plane), d0 = f32x4.sub(y0, shift);
    sum0 = f32x4.add(sum0, d0);
    square0 = multiplyAdd(d0, d0, square0);
    v128.store(to, y0);
  }
  v128.store(statistics + rowBytes, f32x4.add(sum0, sum1));
  v128.store(statistics + 2 * rowBytes, f32x4.add(square0, square1));
}

/**
 * Coefficients of `step.output`, from the statistics of all `parts` in `step.partials` (training, which also updates
 * the moving averages), or from the moving averages. A part without images has none. The step's parameters `gamma`
 * and `beta` are given by address, dense.
 */
export function finishStatistics(step: Step, gamma: usize, beta: usize, parts: i32): void {
  const value = step.output;
  const rowBytes = <usize> value.stride << 2;
  const coefficients = value.coefficients;
  const pixels = value.height * value.width;
  const count = <f64> (step.batch * pixels);
  const momentum = <f64> step.state.momentum;
  for (let channel = 0; channel < value.stride; channel++) {
    const at = <usize> channel << 2;
    if (channel >= value.channels) {
      for (let row: usize = 0; row < 4; row++) f32.store(coefficients + row * rowBytes + at, 0);
      continue;
    }
    let mean: f64, variance: f64;
    if (step.training) {
      // Chan, Golub & LeVeque 1979: merging the parts' means and squares.
      mean = 0;
      let squares: f64 = 0, merged: f64 = 0;
      for (let part = 0; part < parts; part++) {
        const images = step.batch * (part + 1) / parts - step.batch * part / parts;
        if (images == 0) continue;
        const partial = step.partials + <usize> (part * 3) * rowBytes + at;
        const size = <f64> (images * pixels);
        const sum = <f64> f32.load(partial + rowBytes);
        const partMean = <f64> f32.load(partial) + sum / size;
        const partSquares = <f64> f32.load(partial + 2 * rowBytes) - sum * sum / size;
        const difference = partMean - mean;
        mean += difference * size / (merged + size);
        squares += partSquares + difference * difference * merged * size / (merged + size);
        merged += size;
      }
      variance = max<f64>(squares / count, 0);
      const pastMean = <f64> f32.load(step.movingMean + at), pastVariance = <f64> f32.load(step.movingVariance + at);
      f32.store(step.movingMean + at, <f32> (momentum * pastMean + (1 - momentum) * mean));
      f32.store(step.movingVariance + at, <f32> (momentum * pastVariance + (1 - momentum) * variance));
    } else {
      mean = <f64> f32.load(step.movingMean + at);
      variance = <f64> f32.load(step.movingVariance + at);
    }
    const inverse = 1 / Math.sqrt(variance + <f64> epsilon);
    const scale = <f64> f32.load(gamma + at) * inverse;
    f32.store(coefficients + at, <f32> scale);
    f32.store(coefficients + rowBytes + at, <f32> (<f64> f32.load(beta + at) - mean * scale));
    f32.store(coefficients + 2 * rowBytes + at, <f32> mean);
    f32.store(coefficients + 3 * rowBytes + at, <f32> inverse);
  }
}

/** The most floats that {@link outputGradientTable} writes. */
export function tableFloats(value: Value): i32 {
  return 3 * value.stride;
}

/**
 * Batch norm's backward pass as three factors per channel: the gradient of a raw output is `a * gradient + b * raw +
 * c`. Writes `[3][stride]` to `table`, and the gradients of gamma and beta where wanted. From the sums of all parts,
 * so each part may call it for itself. `batchStatistics`: 0 where the moving averages were used.
 */
export function outputGradientTable(
  value: Value,
  batch: i32,
  parts: i32,
  batchStatistics: i32,
  table: usize,
  gammaGradient: usize,
  betaGradient: usize,
): void {
  const rowBytes = <usize> value.stride << 2;
  const count = <f32> (batch * value.height * value.width);
  for (let channel = 0; channel < value.stride; channel++) {
    const at = <usize> channel << 2;
    let sum: f64 = 0, product: f64 = 0;
    for (let part = 0; part < parts; part++) {
      const sums = value.gradientSums + <usize> part * 2 * rowBytes + at;
      sum += f32.load(sums);
      product += f32.load(sums + rowBytes);
    }
    const scale = f32.load(value.coefficients + at);
    const mean = f32.load(value.coefficients + 2 * rowBytes + at);
    const inverse = f32.load(value.coefficients + 3 * rowBytes + at);
    let b: f32 = 0, c: f32 = 0;
    if (batchStatistics) {
      b = -scale * inverse * inverse * <f32> product / count;
      c = -scale * <f32> sum / count - b * mean;
    }
    f32.store(table + at, scale);
    f32.store(table + rowBytes + at, b);
    f32.store(table + 2 * rowBytes + at, c);
    if (channel >= value.channels) continue;
    if (gammaGradient != 0) f32.store(gammaGradient + at, <f32> product * inverse);
    if (betaGradient != 0) f32.store(betaGradient + at, <f32> sum);
  }
}
