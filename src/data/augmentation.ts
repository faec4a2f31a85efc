// Views of images: shifted, mirrored, normalised. A view is a pure function of (seed, view, image), so that teacher and
// student see the same pixels without storing them.
import type { AugmentationPolicy, Dataset, ImageSet } from "./dataset.ts";
import { hashSeed, Random } from "./random.ts";

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

/** Which view to write, and how pixels become numbers. */
export interface ViewOptions extends ChannelStatistics {
  seed: number;
  view: number;
  /** Undefined: the image as it is. */
  policy: AugmentationPolicy | undefined;
}

/**
 * Writes one view of image `index` of `set` to `out` at `offset`: `[height, width, channels]`, each value
 * `(byte / 255 - mean) / deviation`. Shifts bring in zero bytes, before normalisation. RangeError where it does not fit.
 */
export function writeView(
  shape: Pick<Dataset, "height" | "width" | "channels">,
  set: ImageSet,
  index: number,
  options: ViewOptions,
  out: Float32Array,
  offset: number,
): void {
  const { height, width, channels } = shape;
  const size = height * width * channels;
  if (!(index >= 0 && index < set.count)) {
    throw new RangeError(`Cannot write a view: image ${index} is not among ${set.count}`);
  }
  if (!(offset >= 0 && offset + size <= out.length)) {
    throw new RangeError(`Cannot write a view: ${size} values at ${offset} do not fit into ${out.length}`);
  }
  const { shiftX, shiftY, mirrored } = drawMove(options, index);
  const start = index * size;
  const step = mirrored ? -channels : channels;
  for (let channel = 0; channel < channels; channel++) {
    const scale = 1 / (255 * options.deviation[channel]);
    const black = -options.mean[channel] / options.deviation[channel];
    for (let y = 0; y < height; y++) {
      const sourceY = y - shiftY;
      const row = start + sourceY * width * channels + channel;
      let target = offset + y * width * channels + channel;
      let source = row + (mirrored ? width - 1 + shiftX : -shiftX) * channels;
      const rowInside = sourceY >= 0 && sourceY < height;
      const rowEnd = row + width * channels;
      for (let x = 0; x < width; x++) {
        out[target] = rowInside && source >= row && source < rowEnd ? set.images[source] * scale + black : black;
        target += channels;
        source += step;
      }
    }
  }
}

/** The image is mirrored first, then moved right by `shiftX` and down by `shiftY` pixels. */
function drawMove(options: ViewOptions, index: number): { shiftX: number; shiftY: number; mirrored: boolean } {
  const { policy, seed, view } = options;
  if (policy === undefined) return { shiftX: 0, shiftY: 0, mirrored: false };
  const random = new Random(hashSeed(seed, view, index));
  const positions = 2 * policy.shift + 1;
  return {
    shiftX: random.integer(positions) - policy.shift,
    shiftY: random.integer(positions) - policy.shift,
    mirrored: policy.mirror && random.next() < 0.5,
  };
}
