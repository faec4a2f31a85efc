// Views of images: shifted, mirrored, normalised. A view is a pure function of (seed, view, image), so that teacher and
// student see the same pixels without storing them. View 0 is the image as it is: a training of a few hundred steps is
// not long enough to gain from moved images, it loses some 5 points of accuracy to them.
import type { AugmentationPolicy, Dataset, ImageSet } from "./dataset.ts";
import { hashSeed, Random } from "./random.ts";

/** Goes up whenever a view becomes other pixels than before; part of the keys of all that is stored about views. */
export const viewsVersion = 2;

/** Mean and standard deviation of each channel, in units where white is 1. */
export interface ChannelStatistics {
  mean: number[];
  deviation: number[];
}

// Half of a grey level, so that a constant channel does not divide by zero.
const leastDeviation = 0.5 / 255;

/** Statistics over the images of `dataset.train` at `trainIndices`; exact, whatever the order. */
export function channelStatistics(dataset: Dataset, trainIndices: Uint32Array): ChannelStatistics {
  const { channels, train } = dataset;
  const size = dataset.height * dataset.width * channels;
  const sums = new Float64Array(channels);
  const squares = new Float64Array(channels);
  for (const index of trainIndices) {
    const end = (index + 1) * size;
    for (let position = index * size; position < end; position += channels) {
      for (let channel = 0; channel < channels; channel++) {
        const byte = train.images[position + channel];
        sums[channel] += byte;
        squares[channel] += byte * byte;
      }
    }
  }
  const pixels = trainIndices.length * dataset.height * dataset.width;
  const mean = Array.from(sums, (sum) => sum / pixels / 255);
  const deviation = Array.from(squares, (square, channel) => {
    const variance = square / pixels / 255 ** 2 - mean[channel] ** 2;
    return Math.max(leastDeviation, Math.sqrt(Math.max(0, variance)));
  });
  return { mean, deviation };
}

/** What fixes the views of a dataset. */
export interface ViewOptions extends ChannelStatistics {
  seed: number;
  policy: AugmentationPolicy;
}

/** The number that each byte becomes, `[channels, 256]`: `(byte / 255 - mean) / deviation`. */
function normalisedBytes({ mean, deviation }: ChannelStatistics): Float32Array {
  const table = new Float32Array(256 * mean.length);
  for (let channel = 0; channel < mean.length; channel++) {
    const scale = 1 / (255 * deviation[channel]);
    const black = -mean[channel] / deviation[channel];
    for (let byte = 0; byte < 256; byte++) table[256 * channel + byte] = byte * scale + black;
  }
  return table;
}

/** Writes views of the images of datasets of one shape. Made once, since it looks bytes up in a table. */
export class ViewWriter {
  readonly #shape: Pick<Dataset, "height" | "width" | "channels">;
  readonly #options: ViewOptions;
  readonly #table: Float32Array;

  constructor(shape: Pick<Dataset, "height" | "width" | "channels">, options: ViewOptions) {
    this.#shape = shape;
    this.#options = options;
    this.#table = normalisedBytes(options);
  }

  /**
   * Writes a view of image `index` of `set` to `out` at `offset`, `[height, width, channels]`, normalised. View 0 is the
   * image as it is, the others are seeded moves of it; shifts bring in zero bytes. RangeError where it does not fit.
   */
  write(set: ImageSet, index: number, view: number, out: Float32Array, offset: number): void {
    const { height, width, channels } = this.#shape;
    const size = height * width * channels;
    if (!(index >= 0 && index < set.count)) {
      throw new RangeError(`Cannot write a view: image ${index} is not among ${set.count}`);
    }
    if (!(offset >= 0 && offset + size <= out.length)) {
      throw new RangeError(`Cannot write a view: ${size} values at ${offset} do not fit into ${out.length}`);
    }
    const { shiftX, shiftY, mirrored } = view === 0 ? unmoved : drawMove(this.#options, view, index);
    // Columns of the target that the moved image covers: [left, right).
    const left = Math.max(0, shiftX);
    const right = Math.min(width, width + shiftX);
    const step = mirrored ? -channels : channels;
    const first = (mirrored ? width - 1 - left + shiftX : left - shiftX) * channels;
    for (let y = 0; y < height; y++) {
      const target = offset + y * width * channels;
      const sourceY = y - shiftY;
      if (sourceY < 0 || sourceY >= height || left >= right) {
        this.#fillBlack(out, target, width);
        continue;
      }
      this.#fillBlack(out, target, left);
      this.#fillBlack(out, target + right * channels, width - right);
      const source = index * size + sourceY * width * channels + first;
      this.#copy(set.images, source, step, out, target + left * channels, right - left);
    }
  }

  #fillBlack(out: Float32Array, start: number, pixels: number): void {
    const { channels } = this.#shape;
    for (let channel = 0; channel < channels; channel++) {
      const black = this.#table[256 * channel];
      for (let pixel = 0, at = start + channel; pixel < pixels; pixel++, at += channels) out[at] = black;
    }
  }

  #copy(bytes: Uint8Array, source: number, step: number, out: Float32Array, target: number, pixels: number): void {
    const table = this.#table;
    const { channels } = this.#shape;
    // Grey and coloured images in one pass over the row; the index of the channel as a constant is worth a factor of 2.
    if (channels === 1) {
      for (let pixel = 0; pixel < pixels; pixel++, source += step) out[target + pixel] = table[bytes[source]];
    } else if (channels === 3) {
      for (let pixel = 0; pixel < pixels; pixel++, source += step, target += 3) {
        out[target] = table[bytes[source]];
        out[target + 1] = table[256 + bytes[source + 1]];
        out[target + 2] = table[512 + bytes[source + 2]];
      }
    } else {
      for (let pixel = 0; pixel < pixels; pixel++, source += step, target += channels) {
        for (let channel = 0; channel < channels; channel++) {
          out[target + channel] = table[256 * channel + bytes[source + channel]];
        }
      }
    }
  }
}

const unmoved = { shiftX: 0, shiftY: 0, mirrored: false };

/** The image is mirrored first, then moved right by `shiftX` and down by `shiftY` pixels. */
function drawMove({ policy, seed }: ViewOptions, view: number, index: number): typeof unmoved {
  const random = new Random(hashSeed(seed, view, index));
  const positions = 2 * policy.shift + 1;
  return {
    shiftX: random.integer(positions) - policy.shift,
    shiftY: random.integer(positions) - policy.shift,
    mirrored: policy.mirror && random.next() < 0.5,
  };
}
