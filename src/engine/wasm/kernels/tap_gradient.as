// The filter gradient of one plane: for each tap the sum over all outputs of source * gradient.
import { pixelBytes } from "./correlation";
import { nineTaps, someTaps, tenTaps } from "./tap_sums";

// Functions of their own for the same reason as in correlation.as.

function nineTapGradientsByOne(
  height: i32, width: i32, source: usize, sourceRow: usize, gradient: usize, gradientRow: usize, sums: usize,
  sumsRow: usize, sumsTap: usize,
): void {
  nineTaps(1, height, width, source, sourceRow, gradient, gradientRow, sums, sumsRow, sumsTap);
}

function nineTapGradientsByTwo(
  height: i32, width: i32, source: usize, sourceRow: usize, gradient: usize, gradientRow: usize, sums: usize,
  sumsRow: usize, sumsTap: usize,
): void {
  nineTaps(2, height, width, source, sourceRow, gradient, gradientRow, sums, sumsRow, sumsTap);
}

function tenTapGradientsByOne(
  height: i32, width: i32, source: usize, sourceRow: usize, gradient: usize, gradientRow: usize, sums: usize,
  sumsRow: usize, sumsTap: usize,
): void {
  tenTaps(1, height, width, source, sourceRow, sourceRow, gradient, gradientRow, sums, sumsRow, sumsTap);
}

function tenTapGradientsByTwo(
  height: i32, width: i32, source: usize, sourceRow: usize, gradient: usize, gradientRow: usize, sums: usize,
  sumsRow: usize, sumsTap: usize,
): void {
  tenTaps(2, height, width, source, sourceRow, sourceRow, gradient, gradientRow, sums, sumsRow, sumsTap);
}

function fiveTapGradients(
  stride: usize, height: i32, width: i32, source: usize, sourceRow: usize, gradient: usize, gradientRow: usize,
  sums: usize, sumsTap: usize,
): void {
  someTaps(5, stride, height, width, source, sourceRow, gradient, gradientRow, sums, sumsTap);
}

function twoTapGradients(
  stride: usize, height: i32, width: i32, source: usize, sourceRow: usize, gradient: usize, gradientRow: usize,
  sums: usize, sumsTap: usize,
): void {
  someTaps(2, stride, height, width, source, sourceRow, gradient, gradientRow, sums, sumsTap);
}

function oneTapGradients(
  stride: usize, height: i32, width: i32, source: usize, sourceRow: usize, gradient: usize, gradientRow: usize,
  sums: usize, sumsTap: usize,
): void {
  someTaps(1, stride, height, width, source, sourceRow, gradient, gradientRow, sums, sumsTap);
}

/**
 * Adds to each of the kernel x kernel sums, `sumsTap` bytes apart, the sum over all `height` x `width` outputs (y, x)
 * of source[y * stride + u, x * stride + v] * gradient[y, x]. `stride` is 1 or 2.
 */
export function addTapGradients(
  kernel: i32,
  stride: i32,
  height: i32,
  width: i32,
  source: usize,
  sourceRow: usize,
  gradient: usize,
  gradientRow: usize,
  sums: usize,
  sumsTap: usize,
): void {
  const sumsRow = <usize> kernel * sumsTap;
  if (kernel == 3) {
    if (stride == 1) {
      nineTapGradientsByOne(height, width, source, sourceRow, gradient, gradientRow, sums, sumsRow, sumsTap);
    } else {
      nineTapGradientsByTwo(height, width, source, sourceRow, gradient, gradientRow, sums, sumsRow, sumsTap);
    }
    return;
  }
  let u = 0;
  if (kernel == 5) {
    for (; u < 4; u += 2) {
      if (stride == 1) {
        tenTapGradientsByOne(height, width, source, sourceRow, gradient, gradientRow, sums, sumsRow, sumsTap);
      } else {
        tenTapGradientsByTwo(height, width, source, sourceRow, gradient, gradientRow, sums, sumsRow, sumsTap);
      }
      source += 2 * sourceRow;
      sums += 2 * sumsRow;
    }
  }
  for (; u < kernel; u++) {
    let v = 0;
    while (v < kernel) {
      const from = source + <usize> v * pixelBytes, to = sums + <usize> v * sumsTap;
      const taps = kernel - v >= 5 ? 5 : kernel - v >= 2 ? 2 : 1;
      if (taps == 5) fiveTapGradients(stride, height, width, from, sourceRow, gradient, gradientRow, to, sumsTap);
      else if (taps == 2) twoTapGradients(stride, height, width, from, sourceRow, gradient, gradientRow, to, sumsTap);
      else oneTapGradients(stride, height, width, from, sourceRow, gradient, gradientRow, to, sumsTap);
      v += taps;
    }
    source += sourceRow;
    sums += sumsRow;
  }
}
