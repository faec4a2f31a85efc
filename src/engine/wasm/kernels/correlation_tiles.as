// The innermost loops of a correlation: a few neighbouring outputs of one row, whose sums stay in registers over all
// filter rows. `taps`, the filter's width, is known to the compiler; `step` is the distance of outputs in the target,
// in bytes.
import { multiplyAdd } from "./vector";

/** Four outputs, 1 pixel apart in the source; `taps` is 1, 2, 3 or 5. */
@inline
export function tileByOne(
  taps: i32,
  rows: i32,
  source: usize,
  sourceRow: usize,
  filter: usize,
  target: usize,
  step: usize,
): void {
  const zero = f32x4.splat(0);
  let a = zero, b = zero, c = zero, d = zero;
  for (let row = 0; row < rows; row++) {
    const w0 = v128.load(filter);
    const w1 = taps > 1 ? v128.load(filter, 16) : zero;
    const w2 = taps > 2 ? v128.load(filter, 32) : zero;
    const w3 = taps > 3 ? v128.load(filter, 48) : zero;
    const w4 = taps > 4 ? v128.load(filter, 64) : zero;
    let x = v128.load(source);
    a = multiplyAdd(x, w0, a);
    x = v128.load(source, 16);
    b = multiplyAdd(x, w0, b);
    if (taps > 1) a = multiplyAdd(x, w1, a);
    x = v128.load(source, 32);
    c = multiplyAdd(x, w0, c);
    if (taps > 1) b = multiplyAdd(x, w1, b);
    if (taps > 2) a = multiplyAdd(x, w2, a);
    x = v128.load(source, 48);
    d = multiplyAdd(x, w0, d);
    if (taps > 1) c = multiplyAdd(x, w1, c);
    if (taps > 2) b = multiplyAdd(x, w2, b);
    if (taps > 3) a = multiplyAdd(x, w3, a);
    if (taps > 1) {
      x = v128.load(source, 64);
      d = multiplyAdd(x, w1, d);
      if (taps > 2) c = multiplyAdd(x, w2, c);
      if (taps > 3) b = multiplyAdd(x, w3, b);
      if (taps > 4) a = multiplyAdd(x, w4, a);
    }
    if (taps > 2) {
      x = v128.load(source, 80);
      d = multiplyAdd(x, w2, d);
      if (taps > 3) c = multiplyAdd(x, w3, c);
      if (taps > 4) b = multiplyAdd(x, w4, b);
    }
    if (taps > 3) {
      x = v128.load(source, 96);
      d = multiplyAdd(x, w3, d);
      if (taps > 4) c = multiplyAdd(x, w4, c);
    }
    if (taps > 4) d = multiplyAdd(v128.load(source, 112), w4, d);
    source += sourceRow;
    filter += <usize> taps << 4;
  }
  v128.store(target, a);
  v128.store(target + step, b);
  v128.store(target + 2 * step, c);
  v128.store(target + 3 * step, d);
}

/** Four outputs, 2 pixels apart in the source; `taps` is 3 or 5. */
@inline
export function tileByTwo(
  taps: i32,
  rows: i32,
  source: usize,
  sourceRow: usize,
  filter: usize,
  target: usize,
  step: usize,
): void {
  const zero = f32x4.splat(0);
  let a = zero, b = zero, c = zero, d = zero;
  for (let row = 0; row < rows; row++) {
    const w0 = v128.load(filter), w1 = v128.load(filter, 16), w2 = v128.load(filter, 32);
    const w3 = taps > 3 ? v128.load(filter, 48) : zero;
    const w4 = taps > 3 ? v128.load(filter, 64) : zero;
    a = multiplyAdd(v128.load(source), w0, a);
    a = multiplyAdd(v128.load(source, 16), w1, a);
    let x = v128.load(source, 32);
    a = multiplyAdd(x, w2, a);
    b = multiplyAdd(x, w0, b);
    x = v128.load(source, 48);
    b = multiplyAdd(x, w1, b);
    if (taps > 3) a = multiplyAdd(x, w3, a);
    x = v128.load(source, 64);
    b = multiplyAdd(x, w2, b);
    c = multiplyAdd(x, w0, c);
    if (taps > 3) a = multiplyAdd(x, w4, a);
    x = v128.load(source, 80);
    c = multiplyAdd(x, w1, c);
    if (taps > 3) b = multiplyAdd(x, w3, b);
    x = v128.load(source, 96);
    c = multiplyAdd(x, w2, c);
    d = multiplyAdd(x, w0, d);
    if (taps > 3) b = multiplyAdd(x, w4, b);
    x = v128.load(source, 112);
    d = multiplyAdd(x, w1, d);
    if (taps > 3) c = multiplyAdd(x, w3, c);
    x = v128.load(source, 128);
    d = multiplyAdd(x, w2, d);
    if (taps > 3) {
      c = multiplyAdd(x, w4, c);
      d = multiplyAdd(v128.load(source, 144), w3, d);
      d = multiplyAdd(v128.load(source, 160), w4, d);
    }
    source += sourceRow;
    filter += <usize> taps << 4;
  }
  v128.store(target, a);
  v128.store(target + step, b);
  v128.store(target + 2 * step, c);
  v128.store(target + 3 * step, d);
}

/** Seven outputs, 1 pixel apart, for the widths 7, 14, 28 ... of 28x28 and 224x224 images; `taps` is 3 or 5. */
@inline
export function tileOfSeven(
  taps: i32,
  rows: i32,
  source: usize,
  sourceRow: usize,
  filter: usize,
  target: usize,
  step: usize,
): void {
  const zero = f32x4.splat(0);
  let a = zero, b = zero, c = zero, d = zero, e = zero, f = zero, g = zero;
  for (let row = 0; row < rows; row++) {
    const w0 = v128.load(filter), w1 = v128.load(filter, 16), w2 = v128.load(filter, 32);
    const w3 = taps > 3 ? v128.load(filter, 48) : zero;
    const w4 = taps > 3 ? v128.load(filter, 64) : zero;
    let x = v128.load(source);
    a = multiplyAdd(x, w0, a);
    x = v128.load(source, 16);
    b = multiplyAdd(x, w0, b);
    a = multiplyAdd(x, w1, a);
    x = v128.load(source, 32);
    c = multiplyAdd(x, w0, c);
    b = multiplyAdd(x, w1, b);
    a = multiplyAdd(x, w2, a);
    x = v128.load(source, 48);
    d = multiplyAdd(x, w0, d);
    c = multiplyAdd(x, w1, c);
    b = multiplyAdd(x, w2, b);
    if (taps > 3) a = multiplyAdd(x, w3, a);
    x = v128.load(source, 64);
    e = multiplyAdd(x, w0, e);
    d = multiplyAdd(x, w1, d);
    c = multiplyAdd(x, w2, c);
    if (taps > 3) {
      b = multiplyAdd(x, w3, b);
      a = multiplyAdd(x, w4, a);
    }
    x = v128.load(source, 80);
    f = multiplyAdd(x, w0, f);
    e = multiplyAdd(x, w1, e);
    d = multiplyAdd(x, w2, d);
    if (taps > 3) {
      c = multiplyAdd(x, w3, c);
      b = multiplyAdd(x, w4, b);
    }
    x = v128.load(source, 96);
    g = multiplyAdd(x, w0, g);
    f = multiplyAdd(x, w1, f);
    e = multiplyAdd(x, w2, e);
    if (taps > 3) {
      d = multiplyAdd(x, w3, d);
      c = multiplyAdd(x, w4, c);
    }
    x = v128.load(source, 112);
    g = multiplyAdd(x, w1, g);
    f = multiplyAdd(x, w2, f);
    if (taps > 3) {
      e = multiplyAdd(x, w3, e);
      d = multiplyAdd(x, w4, d);
    }
    x = v128.load(source, 128);
    g = multiplyAdd(x, w2, g);
    if (taps > 3) {
      f = multiplyAdd(x, w3, f);
      e = multiplyAdd(x, w4, e);
    }
    if (taps > 3) {
      x = v128.load(source, 144);
      g = multiplyAdd(x, w3, g);
      f = multiplyAdd(x, w4, f);
      x = v128.load(source, 160);
      g = multiplyAdd(x, w4, g);
    }
    source += sourceRow;
    filter += <usize> taps << 4;
  }
  v128.store(target, a);
  v128.store(target + step, b);
  v128.store(target + 2 * step, c);
  v128.store(target + 3 * step, d);
  v128.store(target + 4 * step, e);
  v128.store(target + 5 * step, f);
  v128.store(target + 6 * step, g);
}
