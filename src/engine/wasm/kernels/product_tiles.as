// Tiles of gathered products, 6 rows high: 6 x 8 sums in 12 registers, with two vectors of the one operand and one of
// the other, fill the 15 that V8 hands out.
//
// The loops are unrolled by breaks in their middle. These keep the compiler from moving all steps of one sum together,
// which would need more registers than there are; and with few turns the processor foresees the last one. Together they
// were worth a fifth of the speed.
import { multiplyAdd } from "./vector";

/** Rows of a tile. */
export const tileRows: i32 = 6;

/** A row of a gathered product: where its factors begin and where its results go, in bytes. */
@unmanaged
export class Place {
  source: usize;
  target: usize;
}

/** Bytes of one {@link Place}. */
export const placeBytes: usize = 8;

const tileBytes: usize = <usize> tileRows * placeBytes;

@inline
function storePair(target: usize, low: v128, high: v128): void {
  v128.store(target, low);
  v128.store(target, high, 16);
}

/**
 * `tiles` tiles of 8 columns at the places from `places` on. The factors of a row are `runs` runs of `length` floats,
 * `step` bytes from start to start; `b` is one panel.
 */
export function tilesOfEightColumns(
  tiles: i32,
  places: usize,
  a: usize,
  runs: i32,
  length: i32,
  step: usize,
  b: usize,
  c: usize,
): void {
  const zero = f32x4.splat(0);
  for (; tiles > 0; tiles--) {
    let c00 = zero, c01 = zero, c10 = zero, c11 = zero, c20 = zero, c21 = zero;
    let c30 = zero, c31 = zero, c40 = zero, c41 = zero, c50 = zero, c51 = zero;
    let run = a, runPanel = b;
    for (let i = 0; i < runs; i++) {
      let a0 = run + load<usize>(places), a1 = run + load<usize>(places, 8), a2 = run + load<usize>(places, 16);
      let a3 = run + load<usize>(places, 24), a4 = run + load<usize>(places, 32), a5 = run + load<usize>(places, 40);
      let panel = runPanel;
      let left = length;
      for (;;) {
        const low0 = v128.load(panel), high0 = v128.load(panel, 16);
        const v00 = v128.load_splat<f32>(a0);
        c00 = multiplyAdd(v00, low0, c00);
        c01 = multiplyAdd(v00, high0, c01);
        const v01 = v128.load_splat<f32>(a1);
        c10 = multiplyAdd(v01, low0, c10);
        c11 = multiplyAdd(v01, high0, c11);
        const v02 = v128.load_splat<f32>(a2);
        c20 = multiplyAdd(v02, low0, c20);
        c21 = multiplyAdd(v02, high0, c21);
        const v03 = v128.load_splat<f32>(a3);
        c30 = multiplyAdd(v03, low0, c30);
        c31 = multiplyAdd(v03, high0, c31);
        const v04 = v128.load_splat<f32>(a4);
        c40 = multiplyAdd(v04, low0, c40);
        c41 = multiplyAdd(v04, high0, c41);
        const v05 = v128.load_splat<f32>(a5);
        c50 = multiplyAdd(v05, low0, c50);
        c51 = multiplyAdd(v05, high0, c51);
        if (left == 1) break;
        const low1 = v128.load(panel, 32), high1 = v128.load(panel, 48);
        const v10 = v128.load_splat<f32>(a0, 4);
        c00 = multiplyAdd(v10, low1, c00);
        c01 = multiplyAdd(v10, high1, c01);
        const v11 = v128.load_splat<f32>(a1, 4);
        c10 = multiplyAdd(v11, low1, c10);
        c11 = multiplyAdd(v11, high1, c11);
        const v12 = v128.load_splat<f32>(a2, 4);
        c20 = multiplyAdd(v12, low1, c20);
        c21 = multiplyAdd(v12, high1, c21);
        const v13 = v128.load_splat<f32>(a3, 4);
        c30 = multiplyAdd(v13, low1, c30);
        c31 = multiplyAdd(v13, high1, c31);
        const v14 = v128.load_splat<f32>(a4, 4);
        c40 = multiplyAdd(v14, low1, c40);
        c41 = multiplyAdd(v14, high1, c41);
        const v15 = v128.load_splat<f32>(a5, 4);
        c50 = multiplyAdd(v15, low1, c50);
        c51 = multiplyAdd(v15, high1, c51);
        if (left == 2) break;
        const low2 = v128.load(panel, 64), high2 = v128.load(panel, 80);
        const v20 = v128.load_splat<f32>(a0, 8);
        c00 = multiplyAdd(v20, low2, c00);
        c01 = multiplyAdd(v20, high2, c01);
        const v21 = v128.load_splat<f32>(a1, 8);
        c10 = multiplyAdd(v21, low2, c10);
        c11 = multiplyAdd(v21, high2, c11);
        const v22 = v128.load_splat<f32>(a2, 8);
        c20 = multiplyAdd(v22, low2, c20);
        c21 = multiplyAdd(v22, high2, c21);
        const v23 = v128.load_splat<f32>(a3, 8);
        c30 = multiplyAdd(v23, low2, c30);
        c31 = multiplyAdd(v23, high2, c31);
        const v24 = v128.load_splat<f32>(a4, 8);
        c40 = multiplyAdd(v24, low2, c40);
        c41 = multiplyAdd(v24, high2, c41);
        const v25 = v128.load_splat<f32>(a5, 8);
        c50 = multiplyAdd(v25, low2, c50);
        c51 = multiplyAdd(v25, high2, c51);
        if (left == 3) break;
        const low3 = v128.load(panel, 96), high3 = v128.load(panel, 112);
        const v30 = v128.load_splat<f32>(a0, 12);
        c00 = multiplyAdd(v30, low3, c00);
        c01 = multiplyAdd(v30, high3, c01);
        const v31 = v128.load_splat<f32>(a1, 12);
        c10 = multiplyAdd(v31, low3, c10);
        c11 = multiplyAdd(v31, high3, c11);
        const v32 = v128.load_splat<f32>(a2, 12);
        c20 = multiplyAdd(v32, low3, c20);
        c21 = multiplyAdd(v32, high3, c21);
        const v33 = v128.load_splat<f32>(a3, 12);
        c30 = multiplyAdd(v33, low3, c30);
        c31 = multiplyAdd(v33, high3, c31);
        const v34 = v128.load_splat<f32>(a4, 12);
        c40 = multiplyAdd(v34, low3, c40);
        c41 = multiplyAdd(v34, high3, c41);
        const v35 = v128.load_splat<f32>(a5, 12);
        c50 = multiplyAdd(v35, low3, c50);
        c51 = multiplyAdd(v35, high3, c51);
        a0 += 16;
        a1 += 16;
        a2 += 16;
        a3 += 16;
        a4 += 16;
        a5 += 16;
        panel += 128;
        left -= 4;
        if (left == 0) break;
      }
      run += step;
      runPanel += <usize> length << 5;
    }
    storePair(c + load<usize>(places, 4), c00, c01);
    storePair(c + load<usize>(places, 12), c10, c11);
    storePair(c + load<usize>(places, 20), c20, c21);
    storePair(c + load<usize>(places, 28), c30, c31);
    storePair(c + load<usize>(places, 36), c40, c41);
    storePair(c + load<usize>(places, 44), c50, c51);
    places += tileBytes;
  }
}

/** The same for the first 4 columns of a panel. */
export function tilesOfFourColumns(
  tiles: i32,
  places: usize,
  a: usize,
  runs: i32,
  length: i32,
  step: usize,
  b: usize,
  c: usize,
): void {
  const zero = f32x4.splat(0);
  for (; tiles > 0; tiles--) {
    let c0 = zero, c1 = zero, c2 = zero, c3 = zero, c4 = zero, c5 = zero;
    let run = a, panel = b;
    for (let i = 0; i < runs; i++) {
      let a0 = run + load<usize>(places), a1 = run + load<usize>(places, 8), a2 = run + load<usize>(places, 16);
      let a3 = run + load<usize>(places, 24), a4 = run + load<usize>(places, 32), a5 = run + load<usize>(places, 40);
      for (let left = length; left > 0; left--) {
        const low = v128.load(panel);
        c0 = multiplyAdd(v128.load_splat<f32>(a0), low, c0);
        c1 = multiplyAdd(v128.load_splat<f32>(a1), low, c1);
        c2 = multiplyAdd(v128.load_splat<f32>(a2), low, c2);
        c3 = multiplyAdd(v128.load_splat<f32>(a3), low, c3);
        c4 = multiplyAdd(v128.load_splat<f32>(a4), low, c4);
        c5 = multiplyAdd(v128.load_splat<f32>(a5), low, c5);
        a0 += 4;
        a1 += 4;
        a2 += 4;
        a3 += 4;
        a4 += 4;
        a5 += 4;
        panel += 32;
      }
      run += step;
    }
    v128.store(c + load<usize>(places, 4), c0);
    v128.store(c + load<usize>(places, 12), c1);
    v128.store(c + load<usize>(places, 20), c2);
    v128.store(c + load<usize>(places, 28), c3);
    v128.store(c + load<usize>(places, 36), c4);
    v128.store(c + load<usize>(places, 44), c5);
    places += tileBytes;
  }
}
