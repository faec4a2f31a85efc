// The operations of RandAugment that leave every pixel in its place, with the ranges of AutoAugment (1805.09501), table
// 6.
import type { ImageShape } from "../../data/resize.ts";
import type { ImageOperation } from "./rand_augment.ts";

function clampByte(value: number): number {
  return Math.max(0, Math.min(255, Math.round(value)));
}

/** `image` for 1, `other` for 0, beyond them for what lies outside. */
function blend(image: Uint8Array, other: (place: number) => number, factor: number): Uint8Array {
  return image.map((byte, place) => clampByte(other(place) + factor * (byte - other(place))));
}

/** 1, moved by up to 0.9 either way. */
function factorOf(level: number, sign: number): number {
  return 1 + 0.9 * level * sign;
}

/** Every channel through a table of its own, `[256]`, made from its histogram. */
function perChannel(
  image: Uint8Array,
  { channels }: ImageShape,
  tableOf: (histogram: Uint32Array) => ArrayLike<number>,
): Uint8Array {
  const tables = Array.from({ length: channels }, (_, channel) => {
    const histogram = new Uint32Array(256);
    for (let i = channel; i < image.length; i += channels) histogram[image[i]]++;
    return tableOf(histogram);
  });
  return image.map((byte, place) => tables[place % channels][byte]);
}

function luminance(image: Uint8Array, place: number): number {
  const start = place - place % 3;
  return 0.299 * image[start] + 0.587 * image[start + 1] + 0.114 * image[start + 2];
}

/** Each pixel's mean with its eight neighbours, itself counting five times; the edge stays. */
function smoothed(image: Uint8Array, { height, width, channels }: ImageShape): Uint8Array {
  const result = image.slice();
  const row = width * channels;
  for (let y = 1; y < height - 1; y++) {
    for (let place = y * row + channels; place < (y + 1) * row - channels; place++) {
      let sum = 4 * image[place];
      for (const line of [place - row, place, place + row]) {
        sum += image[line - channels] + image[line] + image[line + channels];
      }
      result[place] = Math.round(sum / 13);
    }
  }
  return result;
}

export const colourOperations = {
  /** Stretches each channel to 0 to 255. */
  autoContrast: (image, shape) =>
    perChannel(image, shape, (histogram) => {
      const least = histogram.findIndex((count) => count > 0);
      const most = histogram.findLastIndex((count) => count > 0);
      return Uint8Array.from(histogram, (_, byte) =>
        most > least ? clampByte((byte - least) * 255 / (most - least)) : byte);
    }),
  /** Gives each channel an even histogram. */
  equalize: (image, shape) =>
    perChannel(image, shape, (histogram) => {
      const most = histogram.findLastIndex((count) => count > 0);
      const step = (image.length / shape.channels - histogram[most]) / 255;
      let below = 0;
      return Uint8Array.from(histogram, (count, byte) => {
        const place = step > 0 ? clampByte(below / step) : byte;
        below += count;
        return place;
      });
    }),
  /** Inverts what is bright: all of it at the strongest. */
  solarize: (image, _shape, level) => image.map((byte) => byte >= 256 * (1 - level) ? 255 - byte : byte),
  /** Keeps 8 bits, 4 at the strongest. */
  posterize(image, _shape, level) {
    const dropped = Math.round(4 * level);
    return image.map((byte) => byte >> dropped << dropped);
  },
  contrast(image, _shape, level, sign) {
    const mean = image.reduce((sum, byte) => sum + byte, 0) / image.length;
    return blend(image, () => mean, factorOf(level, sign));
  },
  brightness: (image, _shape, level, sign) => blend(image, () => 0, factorOf(level, sign)),
  sharpness(image, shape, level, sign) {
    const smooth = smoothed(image, shape);
    return blend(image, (place) => smooth[place], factorOf(level, sign));
  },
  /** For images of three channels. */
  color: (image, _shape, level, sign) => blend(image, (place) => luminance(image, place), factorOf(level, sign)),
} satisfies Record<string, ImageOperation>;
