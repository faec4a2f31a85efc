// Matrix products of any size in tiles of 4 x 8, whose 8 accumulators and 3 operands fit the 16 vector registers.
import { clearFloats, copyFloats, loadHigh, loadLow, multiplyAdd, paddedColumns, storeUnit } from "./vector";

// Rows of the left matrix that are walked together: about 32 KiB, so that they stay in the first-level cache while all
// panels of the right matrix pass over them.
const blockFloats = 8192;

/**
 * Copies the right matrix `[depth, columns]` into panels of 8 columns, zeros after the last column, so that the product
 * reads it in order. Steps are bytes, so a transposed matrix only exchanges them.
 * `packed` holds `depth * paddedColumns(columns)` floats.
 */
export function packPanels(
  depth: i32,
  columns: i32,
  depthStep: usize,
  columnStep: usize,
  source: usize,
  packed: usize,
): void {
  for (let column = 0; column < columns; column += 8) {
    const width = min(8, columns - column);
    for (let k = 0; k < depth; k++) {
      const from = source + <usize> k * depthStep + <usize> column * columnStep;
      for (let c = 0; c < width; c++) f32.store(packed + (<usize> c << 2), f32.load(from + <usize> c * columnStep));
      clearFloats(packed + (<usize> width << 2), 8 - width);
      packed += 32;
    }
  }
}

function tileOfFourRows(depth: i32, a: usize, aStep: usize, panel: usize, c: usize, cStep: usize, columns: i32): void {
  const a1 = a + aStep, a2 = a1 + aStep, a3 = a2 + aStep;
  const depthBytes = <usize> depth << 2;
  let c00 = f32x4.splat(0), c01 = f32x4.splat(0), c10 = f32x4.splat(0), c11 = f32x4.splat(0);
  let c20 = f32x4.splat(0), c21 = f32x4.splat(0), c30 = f32x4.splat(0), c31 = f32x4.splat(0);
  for (let k: usize = 0; k < depthBytes; k += 4) {
    const low = v128.load(panel), high = v128.load(panel, 16);
    let value = v128.load_splat<f32>(a + k);
    c00 = multiplyAdd(value, low, c00);
    c01 = multiplyAdd(value, high, c01);
    value = v128.load_splat<f32>(a1 + k);
    c10 = multiplyAdd(value, low, c10);
    c11 = multiplyAdd(value, high, c11);
    value = v128.load_splat<f32>(a2 + k);
    c20 = multiplyAdd(value, low, c20);
    c21 = multiplyAdd(value, high, c21);
    value = v128.load_splat<f32>(a3 + k);
    c30 = multiplyAdd(value, low, c30);
    c31 = multiplyAdd(value, high, c31);
    panel += 32;
  }
  storeUnit(c, c00, c01, columns);
  storeUnit(c + cStep, c10, c11, columns);
  storeUnit(c + 2 * cStep, c20, c21, columns);
  storeUnit(c + 3 * cStep, c30, c31, columns);
}

function tileOfOneRow(depth: i32, a: usize, panel: usize, c: usize, columns: i32): void {
  let c0 = f32x4.splat(0), c1 = f32x4.splat(0);
  for (let k = 0; k < depth; k++) {
    const value = v128.load_splat<f32>(a);
    c0 = multiplyAdd(value, v128.load(panel), c0);
    c1 = multiplyAdd(value, v128.load(panel, 16), c1);
    a += 4;
    panel += 32;
  }
  storeUnit(c, c0, c1, columns);
}

/** c `[rows, columns]` = a `[rows, depth]` times the matrix in `packed`; all rows are dense. */
export function multiplyPacked(rows: i32, columns: i32, depth: i32, a: usize, packed: usize, c: usize): void {
  const aStep = <usize> depth << 2, cStep = <usize> columns << 2;
  const blockRows = max(4, (blockFloats / max(1, depth)) & ~3);
  for (let first = 0; first < rows; first += blockRows) {
    const end = min(rows, first + blockRows);
    for (let column = 0; column < columns; column += 8) {
      const panel = packed + <usize> column * aStep;
      const width = min(8, columns - column);
      let aRow = a + <usize> first * aStep;
      let cRow = c + <usize> first * cStep + (<usize> column << 2);
      let row = first;
      for (; row + 4 <= end; row += 4) {
        tileOfFourRows(depth, aRow, aStep, panel, cRow, cStep, width);
        aRow += 4 * aStep;
        cRow += 4 * cStep;
      }
      for (; row < end; row++) {
        tileOfOneRow(depth, aRow, panel, cRow, width);
        aRow += aStep;
        cRow += cStep;
      }
    }
  }
}

// sums[4, 8] += a[rows, 4] transposed times b[rows, 8].
function outerTile(rows: i32, a: usize, aStep: usize, b: usize, bStep: usize, sums: usize, sumStep: usize): void {
  const s1 = sums + sumStep, s2 = s1 + sumStep, s3 = s2 + sumStep;
  let c00 = v128.load(sums), c01 = v128.load(sums, 16), c10 = v128.load(s1), c11 = v128.load(s1, 16);
  let c20 = v128.load(s2), c21 = v128.load(s2, 16), c30 = v128.load(s3), c31 = v128.load(s3, 16);
  for (let row = 0; row < rows; row++) {
    const low = v128.load(b), high = v128.load(b, 16);
    let value = v128.load_splat<f32>(a);
    c00 = multiplyAdd(value, low, c00);
    c01 = multiplyAdd(value, high, c01);
    value = v128.load_splat<f32>(a, 4);
    c10 = multiplyAdd(value, low, c10);
    c11 = multiplyAdd(value, high, c11);
    value = v128.load_splat<f32>(a, 8);
    c20 = multiplyAdd(value, low, c20);
    c21 = multiplyAdd(value, high, c21);
    value = v128.load_splat<f32>(a, 12);
    c30 = multiplyAdd(value, low, c30);
    c31 = multiplyAdd(value, high, c31);
    a += aStep;
    b += bStep;
  }
  v128.store(sums, c00);
  v128.store(sums, c01, 16);
  v128.store(s1, c10);
  v128.store(s1, c11, 16);
  v128.store(s2, c20);
  v128.store(s2, c21, 16);
  v128.store(s3, c30);
  v128.store(s3, c31, 16);
}

// Rows that one pass over all tiles covers: both operands stay in the cache, and partial sums stay short.
const outerRows = 256;

/** Floats of scratch that {@link addTransposedProduct} needs for the ragged edges of its operands. */
export const outerEdgeFloats: i32 = outerRows * (4 + 8);

function packEdge(rows: i32, columns: i32, step: usize, source: usize, width: i32, packed: usize): void {
  for (let row = 0; row < rows; row++) {
    v128.store(packed, loadLow(source, columns));
    if (width > 4) v128.store(packed, loadHigh(source, columns), 16);
    source += step;
    packed += <usize> width << 2;
  }
}

/**
 * sums += a `[rows, left]` transposed times b `[rows, right]`. `sums` is `[left rounded up to 4, paddedColumns(right)]`;
 * `edges` holds `outerEdgeFloats` floats.
 */
export function addTransposedProduct(
  rows: i32,
  left: i32,
  right: i32,
  a: usize,
  b: usize,
  sums: usize,
  edges: usize,
): void {
  const aStep = <usize> left << 2, bStep = <usize> right << 2;
  const sumStep = <usize> paddedColumns(right) << 2;
  const rightEdge = edges + outerRows * 16;
  for (let first = 0; first < rows; first += outerRows) {
    const count = min(outerRows, rows - first);
    const aBlock = a + <usize> first * aStep, bBlock = b + <usize> first * bStep;
    if (left & 3) packEdge(count, left & 3, aStep, aBlock + (<usize> (left & ~3) << 2), 4, edges);
    if (right & 7) packEdge(count, right & 7, bStep, bBlock + (<usize> (right & ~7) << 2), 8, rightEdge);
    for (let k = 0; k < left; k += 4) {
      const leftWhole = k + 4 <= left;
      const aTile = leftWhole ? aBlock + (<usize> k << 2) : edges;
      const aTileStep = leftWhole ? aStep : 16;
      for (let n = 0; n < right; n += 8) {
        const rightWhole = n + 8 <= right;
        const bTile = rightWhole ? bBlock + (<usize> n << 2) : rightEdge;
        const bTileStep = rightWhole ? bStep : 32;
        outerTile(count, aTile, aTileStep, bTile, bTileStep, sums + <usize> k * sumStep + (<usize> n << 2), sumStep);
      }
    }
  }
}

/** Copies the sums of {@link addTransposedProduct} to the dense matrix `[left, right]` at `target`. */
export function storeSums(left: i32, right: i32, sums: usize, target: usize): void {
  const width = paddedColumns(right);
  for (let row = 0; row < left; row++) {
    copyFloats(sums + (<usize> (row * width) << 2), target + (<usize> (row * right) << 2), right);
  }
}

/** Floats of scratch that {@link multiply} and {@link multiplyTransposedLeft} need at most. */
export function multiplyScratchFloats(rows: i32, columns: i32, depth: i32): i32 {
  return max(depth, (rows + 3) & ~3) * paddedColumns(columns) + outerEdgeFloats;
}

/** c `[rows, columns]` = a `[rows, depth]` times b `[depth, columns]`, or times b `[columns, depth]` transposed. */
export function multiply(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  b: usize,
  transposedRight: bool,
  c: usize,
  scratch: usize,
): void {
  const depthStep = transposedRight ? 4 : <usize> columns << 2, columnStep = transposedRight ? <usize> depth << 2 : 4;
  packPanels(depth, columns, depthStep, columnStep, b, scratch);
  multiplyPacked(rows, columns, depth, a, scratch, c);
}

/** c `[rows, columns]` = a `[depth, rows]` transposed times b `[depth, columns]`. */
export function multiplyTransposedLeft(
  rows: i32,
  columns: i32,
  depth: i32,
  a: usize,
  b: usize,
  c: usize,
  scratch: usize,
): void {
  const sumFloats = ((rows + 3) & ~3) * paddedColumns(columns);
  clearFloats(scratch, sumFloats);
  addTransposedProduct(depth, rows, columns, a, b, scratch, scratch + (<usize> sumFloats << 2));
  storeSums(rows, columns, scratch, c);
}
