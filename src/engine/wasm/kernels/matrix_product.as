// The product of gathered rows with a matrix in panels: what the forward pass of convolutions and dense layers is made
// of, and the gradient of their input.
import { placeBytes, tileRows, tilesOfEightColumns, tilesOfFourColumns } from "./product_tiles";

/** Bytes before a table of places that {@link multiplyGathered} may use. */
export const edgeBytes: usize = <usize> tileRows * placeBytes;

/** Floats of `depth` rows in panels for {@link multiplyGathered}. */
export function panelFloats(depth: i32, columns: i32): i32 {
  return depth * ((columns + 7) & ~7);
}

/**
 * Copies a matrix `[depth, columns]` into panels of 8 columns, `panelBytes` apart, `paddedDepth` rows of each, zero
 * where the matrix ends. Its rows are `depthStep` bytes apart and its columns `columnStep`, so that transposing only
 * exchanges the two.
 */
export function packPanels(
  depth: i32,
  paddedDepth: i32,
  columns: i32,
  depthStep: usize,
  columnStep: usize,
  source: usize,
  target: usize,
  panelBytes: usize,
): void {
  for (let column = 0; column < columns; column += 8) {
    const width = min(8, columns - column);
    let to = target;
    for (let k = 0; k < depth; k++) {
      const from = source + <usize> k * depthStep + <usize> column * columnStep;
      if (width == 8 && columnStep == 4) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
      } else {
        for (let c = 0; c < width; c++) f32.store(to + (<usize> c << 2), f32.load(from + <usize> c * columnStep));
        for (let c = width; c < 8; c++) f32.store(to + (<usize> c << 2), 0);
      }
      to += 32;
    }
    memory.fill(to, 0, <usize> (paddedDepth - depth) << 5);
    target += panelBytes;
  }
}

/**
 * The product of `rows` gathered rows with a matrix in panels: row i is `runs` runs of `length` floats (at least 1),
 * `step` bytes from start to start, the first at `a` plus the i-th source of `places`; its results, `columns` of them
 * (a multiple of 4), go to `c` plus the i-th target. The `edgeBytes` before the table are overwritten.
 */
export function multiplyGathered(
  rows: i32,
  columns: i32,
  places: usize,
  a: usize,
  runs: i32,
  length: i32,
  step: usize,
  packed: usize,
  c: usize,
): void {
  if (rows <= 0) return;
  const panelBytes = <usize> (runs * length) << 5;
  const wholeTiles = rows / tileRows, whole = wholeTiles * tileRows;
  // The last tile repeats the last row, which is then written several times with the same results.
  const edge = places - edgeBytes;
  for (let i = 0; i < tileRows; i++) {
    store<u64>(edge + <usize> i * placeBytes, load<u64>(places + <usize> min(whole + i, rows - 1) * placeBytes));
  }
  const edges = whole < rows ? 1 : 0;
  for (let column = 0; column < columns; column += 8) {
    if (column + 8 <= columns) {
      tilesOfEightColumns(wholeTiles, places, a, runs, length, step, packed, c);
      tilesOfEightColumns(edges, edge, a, runs, length, step, packed, c);
    } else {
      tilesOfFourColumns(wholeTiles, places, a, runs, length, step, packed, c);
      tilesOfFourColumns(edges, edge, a, runs, length, step, packed, c);
    }
    packed += panelBytes;
    c += 32;
  }
}
