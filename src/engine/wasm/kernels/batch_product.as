// Products of many small matrices, for losses outside the network: tfjs's own kernel multiplies batches with plain loops.
import { edgeBytes, multiplyGathered, packPanels, panelFloats } from "./matrix_product";
import { Place, placeBytes } from "./product_tiles";

function bytesOf(floats: i32): usize {
  return <usize> floats << 2;
}

/** Floats of memory that {@link batchProduct} works in. */
export function batchProductScratchFloats(rows: i32, inner: i32, columns: i32): i32 {
  return <i32> (edgeBytes >> 2) + rows * <i32> (placeBytes >> 2) + panelFloats(inner, columns) + rows * inner;
}

/**
 * c = a b for `batch` matrices of `rows` x `inner` and `inner` x `columns`, the next ones `aFloats` and `bFloats` on (0:
 * the same one for all). `aTransposed`, `bTransposed`: stored `[inner, rows]`, `[columns, inner]`. Rows of c have the next
 * multiple of 4 floats.
 */
export function batchProduct(
  batch: i32,
  rows: i32,
  inner: i32,
  columns: i32,
  a: usize,
  aFloats: i32,
  aTransposed: i32,
  b: usize,
  bFloats: i32,
  bTransposed: i32,
  c: usize,
  scratch: usize,
): void {
  const padded = (columns + 3) & ~3;
  const places = scratch + edgeBytes;
  const packed = places + <usize> rows * placeBytes;
  const turned = packed + bytesOf(panelFloats(inner, columns));
  const panelBytes = bytesOf(inner * 8);
  for (let row = 0; row < rows; row++) {
    const place = changetype<Place>(places + <usize> row * placeBytes);
    place.source = bytesOf(row * inner);
    place.target = bytesOf(row * padded);
  }
  for (let index = 0; index < batch; index++) {
    if (index == 0 || bFloats > 0) {
      const depthStep = bTransposed ? 4 : bytesOf(columns);
      const columnStep = bTransposed ? bytesOf(inner) : 4;
      packPanels(inner, inner, columns, depthStep, columnStep, b, packed, panelBytes);
    }
    let left = a;
    if (aTransposed) {
      left = turned;
      if (index == 0 || aFloats > 0) {
        for (let row = 0; row < rows; row++) {
          for (let k = 0; k < inner; k++) {
            f32.store(turned + bytesOf(row * inner + k), f32.load(a + bytesOf(k * rows + row)));
          }
        }
      }
    }
    multiplyGathered(rows, padded, places, left, 1, inner, 0, packed, c);
    a += bytesOf(aFloats);
    b += bytesOf(bFloats);
    c += bytesOf(rows * padded);
  }
}
