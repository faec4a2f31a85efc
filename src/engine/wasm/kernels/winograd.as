// Winograd's minimal filtering F(4x4, 3x3) (Lavin & Gray 2015, 1509.09308): tiles of 4 x 4 output pixels become 6 x 6
// points, where a convolution is one matrix product per point, with a quarter of the multiplications. This file: which
// convolutions it serves, and where their tiles lie in scratch memory.
//
// A group of images is loaded with borders that make all tiles whole; of these, a chunk of rows of tiles is transformed
// at a time: `[point][tile][channels]`.
import { aligned, bytesOf } from "./patches";
import { Place, placeBytes, tileRows } from "./product_tiles";
import { Step } from "./step";

/** Points of a transformed tile. */
export const points: i32 = 36;

// Tiles that a chunk should have, a multiple of those that the products take at once.
const chunkTiles: i32 = 66;
// Fewer tiles are not worth the transforms of the filters.
const fewTiles: i32 = 16;
// Multiplications that a tile's transforms are as dear as, per channel of input and output; measured.
const transformCost: f64 = 200;

@inline
export function tilesDown(step: Step): i32 {
  return (step.output.height + 3) >> 2;
}

@inline
export function tilesAcross(step: Step): i32 {
  return (step.output.width + 3) >> 2;
}

/** Whether Winograd's way is the faster one: a matter of shapes only. */
export function usesWinograd(step: Step): bool {
  const input = step.input, output = step.output;
  if (step.kernel != 3 || step.step != 1 || step.padTop != 1 || step.padLeft != 1) return false;
  if ((input.channels | output.channels) & 3) return false;
  const tiles = tilesDown(step) * tilesAcross(step);
  if (step.batch * tiles < fewTiles) return false;
  const pairs = <f64> input.channels * <f64> output.channels;
  const direct = <f64> (9 * output.height * output.width) * pairs;
  return direct > <f64> tiles * (<f64> points * pairs + transformCost * <f64> (input.channels + output.channels));
}

/** Pixels of a row of an image's input, with its border. */
@inline
export function borderedWidth(step: Step): i32 {
  return 4 * tilesAcross(step) + 2;
}

/** Floats of an image's input, with its border. */
export function borderedFloats(step: Step): i32 {
  return (4 * tilesDown(step) + 2) * borderedWidth(step) * step.input.stride;
}

/** Floats of an image's output gradient in whole tiles. */
export function tiledFloats(step: Step): i32 {
  return 16 * tilesDown(step) * tilesAcross(step) * step.output.stride;
}

/** Images of a group. */
export function groupImages(step: Step): i32 {
  return max(1, min(step.batch, chunkTiles / (tilesDown(step) * tilesAcross(step))));
}

/** Rows of tiles of a chunk, at most. */
export function chunkRows(step: Step): i32 {
  return max(1, min(groupImages(step) * tilesDown(step), chunkTiles / tilesAcross(step)));
}

/** Floats from point to point of a chunk: an odd number of cache lines, so that points do not share a cache's sets. */
export function pointFloats(step: Step, stride: i32): i32 {
  return aligned(chunkRows(step) * tilesAcross(step) * stride) | 16;
}

/** Floats of a table of places, with its edge. */
export function tilePlacesFloats(step: Step): i32 {
  return aligned((chunkRows(step) * tilesAcross(step) + tileRows) * <i32> placeBytes / 4);
}

/** Places of a chunk's tiles at one point: dense rows of `from` floats, to dense rows of `to`. */
export function placeTiles(step: Step, from: i32, to: i32, table: usize): void {
  const tiles = chunkRows(step) * tilesAcross(step);
  for (let tile = 0; tile < tiles; tile++) {
    const place = changetype<Place>(table + <usize> tile * placeBytes);
    place.source = bytesOf(tile * from);
    place.target = bytesOf(tile * to);
  }
}
