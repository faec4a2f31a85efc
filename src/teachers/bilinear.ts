// Bilinear resizing of batches as two passes over tables made once, and the transpose of it for gradients.

/** Where a new pixel along a line lies among the old ones: between `first` and `second`, at `share` of the way. */
interface Line {
  first: Uint32Array;
  second: Uint32Array;
  share: Float32Array;
}

function lineOf(from: number, to: number): Line {
  const line = { first: new Uint32Array(to), second: new Uint32Array(to), share: new Float32Array(to) };
  for (let place = 0; place < to; place++) {
    // Centres of pixels are at halves; beyond the outermost centres the outermost pixel goes on.
    const at = Math.min(from - 1, Math.max(0, (place + 0.5) * from / to - 0.5));
    line.first[place] = Math.floor(at);
    line.second[place] = Math.min(from - 1, line.first[place] + 1);
    line.share[place] = at - line.first[place];
  }
  return line;
}

/** Sizes of images; channels stay as they are. */
export interface ResizeSizes {
  from: { height: number; width: number };
  to: { height: number; width: number };
  channels: number;
}

/** Both directions of a resizing. */
export interface Resizing {
  /** `[count, from.height, from.width, channels]` to `[count, to.height, to.width, channels]`, new memory. */
  apply(images: Float32Array): Float32Array;
  /** The gradient of the old images from that of the new ones, new memory. */
  transpose(gradient: Float32Array): Float32Array;
}

/** Rows `[outer, from, inner]` to `[outer, to, inner]` along the middle. */
function resizeLine(values: Float32Array, { line, from, inner }: { line: Line; from: number; inner: number }) {
  const to = line.first.length;
  const outer = values.length / (from * inner);
  const resized = new Float32Array(outer * to * inner);
  let target = 0;
  for (let row = 0; row < outer; row++) {
    for (let place = 0; place < to; place++) {
      const first = (row * from + line.first[place]) * inner;
      const second = (row * from + line.second[place]) * inner;
      const share = line.share[place];
      for (let i = 0; i < inner; i++) {
        resized[target++] = values[first + i] + share * (values[second + i] - values[first + i]);
      }
    }
  }
  return resized;
}

function transposeLine(values: Float32Array, { line, from, inner }: { line: Line; from: number; inner: number }) {
  const to = line.first.length;
  const outer = values.length / (to * inner);
  const gradient = new Float32Array(outer * from * inner);
  let source = 0;
  for (let row = 0; row < outer; row++) {
    for (let place = 0; place < to; place++) {
      const first = (row * from + line.first[place]) * inner;
      const second = (row * from + line.second[place]) * inner;
      const share = line.share[place];
      for (let i = 0; i < inner; i++, source++) {
        gradient[first + i] += (1 - share) * values[source];
        gradient[second + i] += share * values[source];
      }
    }
  }
  return gradient;
}

/** Resizing by bilinear interpolation between the centres of pixels; a constant image stays one. */
export function bilinearResizing({ from, to, channels }: ResizeSizes): Resizing {
  const rows = { line: lineOf(from.height, to.height), from: from.height, inner: from.width * channels };
  const columns = { line: lineOf(from.width, to.width), from: from.width, inner: channels };
  return {
    apply: (images) => resizeLine(resizeLine(images, rows), columns),
    transpose: (gradient) => transposeLine(transposeLine(gradient, columns), rows),
  };
}
