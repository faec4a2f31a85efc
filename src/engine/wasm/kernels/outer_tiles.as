// Tiles of sums of outer products: 6 x 8 or 4 x 8 sums in registers, while the pixels pass by. On the form of the loops
// see product_tiles.as.
import { multiplyAdd } from "./vector";

/** Pixels that are walked together: `lines` lines of `pixels`, with the bytes from pixel to pixel and line to line. */
@unmanaged
export class Walk {
  lines: i32;
  pixels: i32;
  leftPixel: usize;
  leftLine: usize;
  rightPixel: usize;
  rightLine: usize;
}

@inline
function storePair(target: usize, low: v128, high: v128): void {
  v128.store(target, low);
  v128.store(target, high, 16);
}

/** sums[6, 8] += the sum over the pixels of `walk` of a[6] times b[8]; rows of sums are `sumStep` bytes apart. */
export function tileOfSixRows(walk: Walk, a: usize, b: usize, sums: usize, sumStep: usize): void {
  const s1 = sums + sumStep, s2 = s1 + sumStep, s3 = s2 + sumStep, s4 = s3 + sumStep, s5 = s4 + sumStep;
  let c00 = v128.load(sums), c01 = v128.load(sums, 16), c10 = v128.load(s1), c11 = v128.load(s1, 16);
  let c20 = v128.load(s2), c21 = v128.load(s2, 16), c30 = v128.load(s3), c31 = v128.load(s3, 16);
  let c40 = v128.load(s4), c41 = v128.load(s4, 16), c50 = v128.load(s5), c51 = v128.load(s5, 16);
  const pixels = walk.pixels, aStep = walk.leftPixel, bStep = walk.rightPixel;
  for (let line = 0; line < walk.lines; line++) {
    let x = a, y = b;
    let left = pixels;
    for (;;) {
      const low0 = v128.load(y), high0 = v128.load(y, 16);
      const v00 = v128.load_splat<f32>(x);
      c00 = multiplyAdd(v00, low0, c00);
      c01 = multiplyAdd(v00, high0, c01);
      const v01 = v128.load_splat<f32>(x, 4);
      c10 = multiplyAdd(v01, low0, c10);
      c11 = multiplyAdd(v01, high0, c11);
      const v02 = v128.load_splat<f32>(x, 8);
      c20 = multiplyAdd(v02, low0, c20);
      c21 = multiplyAdd(v02, high0, c21);
      const v03 = v128.load_splat<f32>(x, 12);
      c30 = multiplyAdd(v03, low0, c30);
      c31 = multiplyAdd(v03, high0, c31);
      const v04 = v128.load_splat<f32>(x, 16);
      c40 = multiplyAdd(v04, low0, c40);
      c41 = multiplyAdd(v04, high0, c41);
      const v05 = v128.load_splat<f32>(x, 20);
      c50 = multiplyAdd(v05, low0, c50);
      c51 = multiplyAdd(v05, high0, c51);
      if (left == 1) break;
      x += aStep;
      y += bStep;
      const low1 = v128.load(y), high1 = v128.load(y, 16);
      const v10 = v128.load_splat<f32>(x);
      c00 = multiplyAdd(v10, low1, c00);
      c01 = multiplyAdd(v10, high1, c01);
      const v11 = v128.load_splat<f32>(x, 4);
      c10 = multiplyAdd(v11, low1, c10);
      c11 = multiplyAdd(v11, high1, c11);
      const v12 = v128.load_splat<f32>(x, 8);
      c20 = multiplyAdd(v12, low1, c20);
      c21 = multiplyAdd(v12, high1, c21);
      const v13 = v128.load_splat<f32>(x, 12);
      c30 = multiplyAdd(v13, low1, c30);
      c31 = multiplyAdd(v13, high1, c31);
      const v14 = v128.load_splat<f32>(x, 16);
      c40 = multiplyAdd(v14, low1, c40);
      c41 = multiplyAdd(v14, high1, c41);
      const v15 = v128.load_splat<f32>(x, 20);
      c50 = multiplyAdd(v15, low1, c50);
      c51 = multiplyAdd(v15, high1, c51);
      if (left == 2) break;
      x += aStep;
      y += bStep;
      const low2 = v128.load(y), high2 = v128.load(y, 16);
      const v20 = v128.load_splat<f32>(x);
      c00 = multiplyAdd(v20, low2, c00);
      c01 = multiplyAdd(v20, high2, c01);
      const v21 = v128.load_splat<f32>(x, 4);
      c10 = multiplyAdd(v21, low2, c10);
      c11 = multiplyAdd(v21, high2, c11);
      const v22 = v128.load_splat<f32>(x, 8);
      c20 = multiplyAdd(v22, low2, c20);
      c21 = multiplyAdd(v22, high2, c21);
      const v23 = v128.load_splat<f32>(x, 12);
      c30 = multiplyAdd(v23, low2, c30);
      c31 = multiplyAdd(v23, high2, c31);
      const v24 = v128.load_splat<f32>(x, 16);
      c40 = multiplyAdd(v24, low2, c40);
      c41 = multiplyAdd(v24, high2, c41);
      const v25 = v128.load_splat<f32>(x, 20);
      c50 = multiplyAdd(v25, low2, c50);
      c51 = multiplyAdd(v25, high2, c51);
      if (left == 3) break;
      x += aStep;
      y += bStep;
      const low3 = v128.load(y), high3 = v128.load(y, 16);
      const v30 = v128.load_splat<f32>(x);
      c00 = multiplyAdd(v30, low3, c00);
      c01 = multiplyAdd(v30, high3, c01);
      const v31 = v128.load_splat<f32>(x, 4);
      c10 = multiplyAdd(v31, low3, c10);
      c11 = multiplyAdd(v31, high3, c11);
      const v32 = v128.load_splat<f32>(x, 8);
      c20 = multiplyAdd(v32, low3, c20);
      c21 = multiplyAdd(v32, high3, c21);
      const v33 = v128.load_splat<f32>(x, 12);
      c30 = multiplyAdd(v33, low3, c30);
      c31 = multiplyAdd(v33, high3, c31);
      const v34 = v128.load_splat<f32>(x, 16);
      c40 = multiplyAdd(v34, low3, c40);
      c41 = multiplyAdd(v34, high3, c41);
      const v35 = v128.load_splat<f32>(x, 20);
      c50 = multiplyAdd(v35, low3, c50);
      c51 = multiplyAdd(v35, high3, c51);
      x += aStep;
      y += bStep;
      left -= 4;
      if (left == 0) break;
    }
    a += walk.leftLine;
    b += walk.rightLine;
  }
  storePair(sums, c00, c01);
  storePair(s1, c10, c11);
  storePair(s2, c20, c21);
  storePair(s3, c30, c31);
  storePair(s4, c40, c41);
  storePair(s5, c50, c51);
}

/** sums[4, 8] += the sum over the pixels of `walk` of a[4] times b[8]. */
export function tileOfFourRows(walk: Walk, a: usize, b: usize, sums: usize, sumStep: usize): void {
  const s1 = sums + sumStep, s2 = s1 + sumStep, s3 = s2 + sumStep;
  let c00 = v128.load(sums), c01 = v128.load(sums, 16), c10 = v128.load(s1), c11 = v128.load(s1, 16);
  let c20 = v128.load(s2), c21 = v128.load(s2, 16), c30 = v128.load(s3), c31 = v128.load(s3, 16);
  const pixels = walk.pixels, aStep = walk.leftPixel, bStep = walk.rightPixel;
  for (let line = 0; line < walk.lines; line++) {
    let x = a, y = b;
    let left = pixels;
    for (;;) {
      const low0 = v128.load(y), high0 = v128.load(y, 16);
      const v00 = v128.load_splat<f32>(x);
      c00 = multiplyAdd(v00, low0, c00);
      c01 = multiplyAdd(v00, high0, c01);
      const v01 = v128.load_splat<f32>(x, 4);
      c10 = multiplyAdd(v01, low0, c10);
      c11 = multiplyAdd(v01, high0, c11);
      const v02 = v128.load_splat<f32>(x, 8);
      c20 = multiplyAdd(v02, low0, c20);
      c21 = multiplyAdd(v02, high0, c21);
      const v03 = v128.load_splat<f32>(x, 12);
      c30 = multiplyAdd(v03, low0, c30);
      c31 = multiplyAdd(v03, high0, c31);
      if (left == 1) break;
      x += aStep;
      y += bStep;
      const low1 = v128.load(y), high1 = v128.load(y, 16);
      const v10 = v128.load_splat<f32>(x);
      c00 = multiplyAdd(v10, low1, c00);
      c01 = multiplyAdd(v10, high1, c01);
      const v11 = v128.load_splat<f32>(x, 4);
      c10 = multiplyAdd(v11, low1, c10);
      c11 = multiplyAdd(v11, high1, c11);
      const v12 = v128.load_splat<f32>(x, 8);
      c20 = multiplyAdd(v12, low1, c20);
      c21 = multiplyAdd(v12, high1, c21);
      const v13 = v128.load_splat<f32>(x, 12);
      c30 = multiplyAdd(v13, low1, c30);
      c31 = multiplyAdd(v13, high1, c31);
      if (left == 2) break;
      x += aStep;
      y += bStep;
      const low2 = v128.load(y), high2 = v128.load(y, 16);
      const v20 = v128.load_splat<f32>(x);
      c00 = multiplyAdd(v20, low2, c00);
      c01 = multiplyAdd(v20, high2, c01);
      const v21 = v128.load_splat<f32>(x, 4);
      c10 = multiplyAdd(v21, low2, c10);
      c11 = multiplyAdd(v21, high2, c11);
      const v22 = v128.load_splat<f32>(x, 8);
      c20 = multiplyAdd(v22, low2, c20);
      c21 = multiplyAdd(v22, high2, c21);
      const v23 = v128.load_splat<f32>(x, 12);
      c30 = multiplyAdd(v23, low2, c30);
      c31 = multiplyAdd(v23, high2, c31);
      if (left == 3) break;
      x += aStep;
      y += bStep;
      const low3 = v128.load(y), high3 = v128.load(y, 16);
      const v30 = v128.load_splat<f32>(x);
      c00 = multiplyAdd(v30, low3, c00);
      c01 = multiplyAdd(v30, high3, c01);
      const v31 = v128.load_splat<f32>(x, 4);
      c10 = multiplyAdd(v31, low3, c10);
      c11 = multiplyAdd(v31, high3, c11);
      const v32 = v128.load_splat<f32>(x, 8);
      c20 = multiplyAdd(v32, low3, c20);
      c21 = multiplyAdd(v32, high3, c21);
      const v33 = v128.load_splat<f32>(x, 12);
      c30 = multiplyAdd(v33, low3, c30);
      c31 = multiplyAdd(v33, high3, c31);
      x += aStep;
      y += bStep;
      left -= 4;
      if (left == 0) break;
    }
    a += walk.leftLine;
    b += walk.rightLine;
  }
  storePair(sums, c00, c01);
  storePair(s1, c10, c11);
  storePair(s2, c20, c21);
  storePair(s3, c30, c31);
}
