// Winograd's transforms of one row of tiles: both dimensions, one after the other, four channels at a time. Between the
// two a strip in scratch memory, so that neighbouring tiles share what they overlap in.
import { aligned, bytesOf } from "./patches";
import { Step } from "./step";
import { borderedWidth, tilesAcross } from "./winograd";
import { filterScratchFloats } from "./winograd_filters";
import {
  farPoint,
  half,
  middle,
  minusHalf,
  minusTwo,
  nearPoint,
  outputsToPoints,
  pixelsToPoints,
  pointsToOutputs,
  pointsToPixels,
  two,
} from "./winograd_lines";

/** Floats of scratch that these need, and the transforms of filters. */
export function stripFloats(step: Step): i32 {
  return aligned(max(6 * 4 * borderedWidth(step), filterScratchFloats));
}

/**
 * Input pixels to points. The row's pixels begin at `source` in a bordered image; point p of tile t goes to `target`
 * plus p points and t pixels.
 */
export function transformInput(step: Step, source: usize, target: usize, pointBytes: usize, strip: usize): void {
  const pixelBytes = bytesOf(step.input.stride), width = borderedWidth(step), tiles = tilesAcross(step);
  const rowBytes = <usize> width * pixelBytes, stripRow = <usize> width << 4;
  const n = nearPoint(), f = farPoint(), m2 = minusTwo(), mh = minusHalf(), m = middle();
  for (let c: usize = 0; c < pixelBytes; c += 16) {
    let from = source + c, to = strip;
    for (let x = 0; x < width; x++) {
      pixelsToPoints(from, rowBytes, to, stripRow, n, f, m2, mh, m);
      from += pixelBytes;
      to += 16;
    }
    for (let y: usize = 0; y < 6; y++) {
      from = strip + y * stripRow;
      to = target + y * 6 * pointBytes + c;
      for (let tile = 0; tile < tiles; tile++) {
        pixelsToPoints(from, 16, to, pointBytes, n, f, m2, mh, m);
        from += 64;
        to += pixelBytes;
      }
    }
  }
}

/** Points to the output pixels that there are of `rows` (up to 4) rows at `target`. */
export function gatherOutput(
  step: Step,
  source: usize,
  pointBytes: usize,
  rows: i32,
  target: usize,
  strip: usize,
): void {
  const pixelBytes = bytesOf(step.output.stride), tiles = tilesAcross(step), width = step.output.width;
  const rowBytes = <usize> width * pixelBytes, stripRow = <usize> (6 * tiles) << 4;
  const n = nearPoint(), f = farPoint(), t = two(), h = half();
  const whole = width >> 2, rest = width & 3;
  for (let c: usize = 0; c < pixelBytes; c += 16) {
    for (let x: usize = 0; x < 6; x++) {
      let from = source + x * pointBytes + c, to = strip + (x << 4);
      for (let tile = 0; tile < tiles; tile++) {
        pointsToOutputs(from, pointBytes * 6, to, stripRow, 4, n, f, t, h);
        from += pixelBytes;
        to += 96;
      }
    }
    for (let y = 0; y < rows; y++) {
      let from = strip + <usize> y * stripRow, to = target + <usize> y * rowBytes + c;
      for (let tile = 0; tile < whole; tile++) {
        pointsToOutputs(from, 16, to, pixelBytes, 4, n, f, t, h);
        from += 96;
        to += 4 * pixelBytes;
      }
      if (rest > 0) pointsToOutputs(from, 16, to, pixelBytes, rest, n, f, t, h);
    }
  }
}

/** Output gradients, which lie in whole tiles at `source`, to points: the transpose of {@link gatherOutput}. */
export function transformGradient(step: Step, source: usize, target: usize, pointBytes: usize, strip: usize): void {
  const pixelBytes = bytesOf(step.output.stride), tiles = tilesAcross(step), width = 4 * tiles;
  const rowBytes = <usize> width * pixelBytes, stripRow = <usize> width << 4;
  const n = nearPoint(), f = farPoint(), t = two(), h = half();
  for (let c: usize = 0; c < pixelBytes; c += 16) {
    let from = source + c, to = strip;
    for (let x = 0; x < width; x++) {
      outputsToPoints(from, rowBytes, to, stripRow, n, f, t, h);
      from += pixelBytes;
      to += 16;
    }
    for (let y: usize = 0; y < 6; y++) {
      from = strip + y * stripRow;
      to = target + y * 6 * pointBytes + c;
      for (let tile = 0; tile < tiles; tile++) {
        outputsToPoints(from, 16, to, pointBytes, n, f, t, h);
        from += 64;
        to += pixelBytes;
      }
    }
  }
}

/**
 * Points to six rows of a bordered input gradient at `target`: the transpose of {@link transformInput}. `adds`: the
 * first two rows hold what the row of tiles above has given.
 */
export function gatherInputGradient(
  step: Step,
  source: usize,
  pointBytes: usize,
  target: usize,
  adds: bool,
  strip: usize,
): void {
  const pixelBytes = bytesOf(step.input.stride), tiles = tilesAcross(step), width = borderedWidth(step);
  const rowBytes = <usize> width * pixelBytes, stripRow = <usize> width << 4;
  const n = nearPoint(), f = farPoint(), m2 = minusTwo(), mh = minusHalf(), m = middle();
  for (let c: usize = 0; c < pixelBytes; c += 16) {
    for (let y: usize = 0; y < 6; y++) {
      let from = source + y * 6 * pointBytes + c, to = strip + y * stripRow;
      for (let tile = 0; tile < tiles; tile++) {
        pointsToPixels(from, pointBytes, to, 16, tile > 0, n, f, m2, mh, m);
        from += pixelBytes;
        to += 64;
      }
    }
    let from = strip, to = target + c;
    for (let x = 0; x < width; x++) {
      pointsToPixels(from, stripRow, to, rowBytes, adds, n, f, m2, mh, m);
      from += 16;
      to += pixelBytes;
    }
  }
}
