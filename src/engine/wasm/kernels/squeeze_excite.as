// Squeeze-and-excitation (1709.01507): the gate of each channel from all channel means. The output is the input's own
// raw buffer, so only the gate is computed; whoever reads the output applies it.
import { exponential } from "./exponential";
import { multiplyAdd } from "./vector";
import { firstImage, padded, Step } from "./step";
import { clearGradientSums, storeGradientPlane, sumPixels, sumProducts } from "./value";

// How many squeezed channels, from the addresses alone: the biases lie behind their kernels in the flat vector.
@inline
function squeezedChannels(step: Step): i32 {
  return <i32> ((step.parameter2 - step.parameter1) >> 2);
}

// Places in scratch memory, in bytes from its start.
@inline
function squeezeWeights(step: Step): usize {
  return <usize> (step.input.stride * padded(squeezedChannels(step))) << 2;
}

/** Both kernels padded, four vectors, a plane, and per image what the parameters' gradients are made of. */
export function squeezeExciteScratchFloats(step: Step): i32 {
  const stride = step.input.stride, squeezed = padded(squeezedChannels(step));
  const pixels = step.input.height * step.input.width;
  return 2 * stride * squeezed + 2 * (stride + squeezed) + 4 * pixels + step.batch * (stride + squeezed);
}

/** Per part the gradients of the four parameters, padded. */
export function squeezeExcitePartialFloats(step: Step, parts: i32): i32 {
  const stride = step.input.stride, squeezed = padded(squeezedChannels(step));
  return parts * (2 * stride * squeezed + stride + squeezed);
}

// Dense rows to rows of `stride` floats, the rest zero.
function padRows(rows: i32, columns: i32, stride: i32, source: usize, target: usize): void {
  memory.fill(target, 0, <usize> (rows * stride) << 2);
  for (let row = 0; row < rows; row++) {
    memory.copy(target, source, <usize> columns << 2);
    source += <usize> columns << 2;
    target += <usize> stride << 2;
  }
}

// target [stride] = bias [columns] + x [rows] * weights [rows][stride]
function product(rows: i32, columns: i32, stride: i32, x: usize, weights: usize, bias: usize, target: usize): void {
  const rowBytes = <usize> stride << 2;
  memory.fill(target, 0, rowBytes);
  if (bias != 0) memory.copy(target, bias, <usize> columns << 2);
  for (let s: usize = 0; s < rowBytes; s += 16) {
    let sum = v128.load(target + s);
    let weight = weights + s;
    for (let row: usize = 0; row < <usize> rows; row++) {
      sum = multiplyAdd(v128.load32_splat(x + (row << 2)), v128.load(weight), sum);
      weight += rowBytes;
    }
    v128.store(target + s, sum);
  }
}

// target [rows] = weights [rows][stride] * x [stride]
function transposedProduct(rows: i32, stride: i32, x: usize, weights: usize, target: usize): void {
  const rowBytes = <usize> stride << 2;
  for (let row = 0; row < rows; row++) {
    let sum = f32x4.splat(0);
    for (let s: usize = 0; s < rowBytes; s += 16) sum = multiplyAdd(v128.load(x + s), v128.load(weights + s), sum);
    const pair = f32x4.add(sum, v128.shuffle<f32>(sum, sum, 2, 3, 0, 1));
    f32.store(target, f32x4.extract_lane(pair, 0) + f32x4.extract_lane(pair, 1));
    weights += rowBytes;
    target += 4;
  }
}

export function squeezeExciteForward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, channels = input.channels, stride = input.stride;
  const squeezed = squeezedChannels(step), squeezedStride = padded(squeezed);
  const rowBytes = <usize> stride << 2, squeezedBytes = <usize> squeezedStride << 2;
  const share = f32x4.splat(1 / <f32> (input.height * input.width));
  const squeezeKernel = scratch, exciteKernel = squeezeKernel + squeezeWeights(step);
  const vectors = exciteKernel + squeezeWeights(step);
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  padRows(channels, squeezed, squeezedStride, step.parameter0, squeezeKernel);
  padRows(squeezed, channels, stride, step.parameter2, exciteKernel);
  for (let image = firstImage(step.batch, part, parts); image < firstImage(step.batch, part + 1, parts); image++) {
    const pooled = step.saved0 == 0 ? vectors : step.saved0 + <usize> image * rowBytes;
    const hidden = step.saved1 == 0 ? vectors + rowBytes : step.saved1 + <usize> image * squeezedBytes;
    const gate = step.output.gate + <usize> image * rowBytes;
    for (let c: usize = 0; c < rowBytes; c += 16) v128.store(pooled + c, f32x4.mul(sumPixels(input, image, c), share));
    product(channels, squeezed, squeezedStride, pooled, squeezeKernel, step.parameter1, hidden);
    // In this order a NaN stays a NaN.
    for (let s: usize = 0; s < squeezedBytes; s += 16) v128.store(hidden + s, f32x4.pmax(v128.load(hidden + s), zero));
    product(squeezed, channels, stride, hidden, exciteKernel, step.parameter3, gate);
    for (let c: usize = 0; c < rowBytes; c += 16) {
      v128.store(gate + c, f32x4.div(one, f32x4.add(one, exponential(f32x4.neg(v128.load(gate + c))))));
    }
    for (let channel = channels; channel < stride; channel++) f32.store(gate + (<usize> channel << 2), 0);
  }
}

// target [rows][columns] = sum over images of x [images][rows] times y [images][columns]
function outerProducts(images: i32, rows: i32, rowsStride: i32, x: usize, columns: i32, y: usize, target: usize): void {
  const xBytes = <usize> rowsStride << 2, yBytes = <usize> columns << 2;
  for (let row: usize = 0; row < <usize> rows; row++) {
    for (let c: usize = 0; c < yBytes; c += 16) {
      let sum = f32x4.splat(0);
      let left = x + (row << 2), right = y + c;
      for (let image = 0; image < images; image++) {
        sum = multiplyAdd(v128.load32_splat(left), v128.load(right), sum);
        left += xBytes;
        right += yBytes;
      }
      v128.store(target + c, sum);
    }
    target += yBytes;
  }
}

// target [columns] = sum over images of y [images][columns]
function sumRows(images: i32, columns: i32, y: usize, target: usize): void {
  const rowBytes = <usize> columns << 2;
  for (let c: usize = 0; c < rowBytes; c += 16) {
    let sum = f32x4.splat(0);
    for (let image: usize = 0; image < <usize> images; image++) {
      sum = f32x4.add(sum, v128.load(y + image * rowBytes + c));
    }
    v128.store(target + c, sum);
  }
}

export function squeezeExciteBackward(step: Step, part: i32, parts: i32, scratch: usize): void {
  const input = step.input, channels = input.channels, stride = input.stride, mode = step.inputMode;
  const squeezed = squeezedChannels(step), squeezedStride = padded(squeezed);
  const rowBytes = <usize> stride << 2, squeezedBytes = <usize> squeezedStride << 2;
  const pixels = input.height * input.width;
  const share = f32x4.splat(1 / <f32> pixels);
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  const first = firstImage(step.batch, part, parts), images = firstImage(step.batch, part + 1, parts) - first;
  const squeezeKernel = scratch, exciteKernel = squeezeKernel + squeezeWeights(step);
  const pooledGradient = exciteKernel + squeezeWeights(step), plane = pooledGradient + rowBytes;
  // Gradients before the sigmoid and before the relu, of all of the part's images.
  const excited = plane + (<usize> pixels << 4), hiddens = excited + <usize> images * rowBytes;
  const source = step.output.gradient;
  padRows(channels, squeezed, squeezedStride, step.parameter0, squeezeKernel);
  padRows(squeezed, channels, stride, step.parameter2, exciteKernel);
  clearGradientSums(input, mode, part);
  for (let i = 0; i < images; i++) {
    const image = first + i;
    const gate = step.output.gate + <usize> image * rowBytes;
    const excitedGradient = excited + <usize> i * rowBytes, hiddenGradient = hiddens + <usize> i * squeezedBytes;
    for (let c: usize = 0; c < rowBytes; c += 16) {
      const g = v128.load(gate + c);
      const slope = f32x4.mul(g, f32x4.sub(one, g));
      v128.store(excitedGradient + c, f32x4.mul(sumProducts(input, image, c, source), slope));
    }
    memory.fill(hiddenGradient, 0, squeezedBytes);
    transposedProduct(squeezed, stride, excitedGradient, exciteKernel, hiddenGradient);
    const hidden = step.saved1 + <usize> image * squeezedBytes;
    for (let s: usize = 0; s < squeezedBytes; s += 16) {
      const passes = f32x4.gt(v128.load(hidden + s), zero);
      v128.store(hiddenGradient + s, v128.and(v128.load(hiddenGradient + s), passes));
    }
    if (mode == 0) continue;
    memory.fill(pooledGradient, 0, rowBytes);
    transposedProduct(channels, squeezedStride, hiddenGradient, squeezeKernel, pooledGradient);
    for (let c: usize = 0; c < rowBytes; c += 16) {
      const factor = v128.load(gate + c), shift = f32x4.mul(v128.load(pooledGradient + c), share);
      let from = source + <usize> (image * pixels) * rowBytes + c, to = plane;
      for (let pixel = 0; pixel < pixels; pixel++) {
        v128.store(to, multiplyAdd(v128.load(from), factor, shift));
        from += rowBytes;
        to += 16;
      }
      storeGradientPlane(input, image, c, plane, <usize> input.width << 4, 16, mode, part);
    }
  }
  if (step.gradient0 == 0) return;
  let target = step.partials + (<usize> (part * (squeezeExcitePartialFloats(step, 1))) << 2);
  const pooled = step.saved0 + <usize> first * rowBytes, hidden = step.saved1 + <usize> first * squeezedBytes;
  outerProducts(images, channels, stride, pooled, squeezedStride, hiddens, target);
  target += <usize> channels * squeezedBytes;
  sumRows(images, squeezedStride, hiddens, target);
  target += squeezedBytes;
  outerProducts(images, squeezed, squeezedStride, hidden, stride, excited, target);
  target += <usize> squeezed * rowBytes;
  sumRows(images, stride, excited, target);
}

// Dense target [rows][columns] = sum over the parts of [rows][stride], `partBytes` apart.
function sumParts(
  rows: i32, columns: i32, stride: i32, parts: i32, partBytes: usize, source: usize, target: usize,
): void {
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum: f32 = 0;
      const from = source + (<usize> (row * stride + column) << 2);
      for (let part: usize = 0; part < <usize> parts; part++) sum += f32.load(from + part * partBytes);
      f32.store(target, sum);
      target += 4;
    }
  }
}

export function squeezeExciteBackwardFinish(step: Step, parts: i32): void {
  if (step.gradient0 == 0) return;
  const channels = step.input.channels, stride = step.input.stride;
  const squeezed = squeezedChannels(step), squeezedStride = padded(squeezed);
  const partBytes = <usize> squeezeExcitePartialFloats(step, 1) << 2;
  let source = step.partials;
  sumParts(channels, squeezed, squeezedStride, parts, partBytes, source, step.gradient0);
  source += <usize> (channels * squeezedStride) << 2;
  sumParts(1, squeezed, squeezedStride, parts, partBytes, source, step.gradient1);
  source += <usize> squeezedStride << 2;
  sumParts(squeezed, channels, stride, parts, partBytes, source, step.gradient2);
  source += <usize> (squeezed * stride) << 2;
  sumParts(1, channels, stride, parts, partBytes, source, step.gradient3);
}
