// From a picture's pixels to what the network reads, as training had it: area means, bytes, normalised.

/** Pixels with alpha, `[height, width, 4]`, as a canvas gives them. */
export interface Picture {
  height: number;
  width: number;
  rgba: Uint8ClampedArray | Uint8Array;
}

export interface InputShape {
  height: number;
  width: number;
  channels: number;
}

/** Brightness of a colour, ITU-R BT.601. */
function brightness(red: number, green: number, blue: number): number {
  return 0.299 * red + 0.587 * green + 0.114 * blue;
}

/** For each of `to` new pixels along a line of `from`, the first old one under it and the share of each in it. */
function coverage(from: number, to: number): { first: number; shares: number[] }[] {
  return Array.from({ length: to }, (_, place) => {
    const start = place * from / to;
    const end = (place + 1) * from / to;
    const first = Math.floor(start);
    const shares = Array.from(
      { length: Math.ceil(end) - first },
      (_, index) => (Math.min(end, first + index + 1) - Math.max(start, first + index)) / (end - start),
    );
    return { first, shares };
  });
}

/**
 * Bytes `[height, width, channels]` of `picture` at the size of `shape`: each new pixel is the mean of the area that it
 * covers. `inverted` makes dark of bright.
 */
export function resized({ height, rgba, width }: Picture, shape: InputShape, inverted = false): Uint8Array {
  const { channels } = shape;
  const rows = coverage(height, shape.height);
  const columns = coverage(width, shape.width);
  const bytes = new Uint8Array(shape.height * shape.width * channels);
  let place = 0;
  for (const row of rows) {
    for (const column of columns) {
      const sums = [0, 0, 0];
      for (const [y, rowShare] of row.shares.entries()) {
        for (const [x, columnShare] of column.shares.entries()) {
          const pixel = ((row.first + y) * width + column.first + x) * 4;
          for (let colour = 0; colour < 3; colour++) sums[colour] += rowShare * columnShare * rgba[pixel + colour];
        }
      }
      const values = channels === 1 ? [brightness(sums[0], sums[1], sums[2])] : sums;
      for (const value of values) bytes[place++] = Math.round(inverted ? 255 - value : value);
    }
  }
  return bytes;
}

/** `(byte / 255 - mean) / deviation`, per channel. */
export function normalised(
  bytes: Uint8Array,
  { mean, deviation }: { mean: number[]; deviation: number[] },
): Float32Array {
  const channels = mean.length;
  return Float32Array.from(bytes, (byte, index) => (byte / 255 - mean[index % channels]) / deviation[index % channels]);
}

/** Probabilities of `logits`. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const largest = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
