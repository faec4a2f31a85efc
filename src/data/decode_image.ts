// PNG and JPEG files as plain RGB bytes.
import { convertIndexedToRgb, decode as decodePng, type DecodedPng, hasPngSignature } from "fast-png";
import jpeg from "jpeg-js";

/** An image as RGB, `[height, width, 3]`. */
export interface RgbImage {
  height: number;
  width: number;
  rgb: Uint8Array;
}

// A picture beyond this is refused rather than swapped to death over.
const largestMegapixels = 200;
const largestMemoryMegabytes = 2048;

/**
 * Decodes a PNG or JPEG by its content. What is transparent shows black; of 16 bits the upper 8 count; orientation tags
 * are not followed. Throws an Error naming `file`.
 */
export function decodeImage(bytes: Uint8Array, file: string): RgbImage {
  try {
    if (hasPngSignature(bytes)) return toRgb(decodePng(bytes, { checkCrc: true }));
    if (bytes[0] === 0xff && bytes[1] === 0xd8) {
      const { width, height, data } = jpeg.decode(bytes, {
        useTArray: true,
        formatAsRGBA: false,
        tolerantDecoding: false,
        maxResolutionInMP: largestMegapixels,
        maxMemoryUsageInMB: largestMemoryMegabytes,
      });
      return { width, height, rgb: data };
    }
  } catch (error) {
    throw new Error(`${file}: cannot be decoded (${(error as Error).message})`);
  }
  throw new Error(`${file}: neither PNG nor JPEG inside`);
}

function toRgb(png: DecodedPng): RgbImage {
  const { width, height, depth } = png;
  const palette = png.channels > 1 ? undefined : png.palette ?? (depth < 8 ? greyPalette(png) : undefined);
  const data = palette ? convertIndexedToRgb({ ...png, palette }) : png.data;
  const channels = palette ? palette[0].length : png.channels;
  const transparent = palette ? undefined : png.transparency;

  const colours = channels < 3 ? 1 : 3;
  const hasAlpha = channels > colours;
  const white = depth === 16 ? 0xffff : 0xff;
  const rgb = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const start = pixel * channels;
    let alpha = hasAlpha ? data[start + colours] / white : 1;
    if (transparent && data.subarray(start, start + colours).every((value, index) => value === transparent[index])) {
      alpha = 0;
    }
    for (let channel = 0; channel < 3; channel++) {
      const value = data[start + (colours === 1 ? 0 : channel)];
      rgb[pixel * 3 + channel] = Math.round((depth === 16 ? value >> 8 : value) * alpha);
    }
  }
  return { width, height, rgb };
}

/** Grey levels of 1, 2 or 4 bits as colours with alpha, since such pixels are packed as palette indices are. */
function greyPalette({ depth, transparency }: DecodedPng): number[][] {
  const levels = 2 ** depth;
  return Array.from({ length: levels }, (_, level) => {
    const grey = level * 255 / (levels - 1);
    return [grey, grey, grey, level === transparency?.[0] ? 0 : 255];
  });
}
