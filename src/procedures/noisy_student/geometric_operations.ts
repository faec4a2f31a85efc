// The operations of RandAugment that move pixels, with the ranges of AutoAugment (1805.09501), table 6. What comes in
// from outside is black, as in the views of images.
import type { ImageShape } from "../../data/resize.ts";
import type { ImageOperation } from "./rand_augment.ts";

/** Where a pixel of the result comes from: source = matrix * (x, y) + shift, counted from the middle of the image. */
interface Placement {
  matrix: readonly [number, number, number, number];
  shift: readonly [number, number];
}

function moved(
  image: Uint8Array,
  { height, width, channels }: ImageShape,
  { matrix: [a, b, c, d], shift }: Placement,
): Uint8Array {
  const result = new Uint8Array(image.length);
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const sourceX = Math.round(a * (x - middleX) + b * (y - middleY) + middleX + shift[0]);
      const sourceY = Math.round(c * (x - middleX) + d * (y - middleY) + middleY + shift[1]);
      if (sourceX < 0 || sourceX >= width || sourceY < 0 || sourceY >= height) continue;
      const source = (sourceY * width + sourceX) * channels;
      const target = (y * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) result[target + channel] = image[source + channel];
    }
  }
  return result;
}

const none = [0, 0] as const;
const unit = [1, 0, 0, 1] as const;

export const geometricOperations = {
  /** By up to 30 degrees. */
  rotate(image, shape, level, sign) {
    const angle = sign * level * Math.PI / 6;
    const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
    return moved(image, shape, { matrix: [cosine, -sine, sine, cosine], shift: none });
  },
  /** By up to 0.3 pixels per line. */
  shearX: (image, shape, level, sign) => moved(image, shape, { matrix: [1, 0.3 * level * sign, 0, 1], shift: none }),
  shearY: (image, shape, level, sign) => moved(image, shape, { matrix: [1, 0, 0.3 * level * sign, 1], shift: none }),
  /** By up to 150 of 331 pixels. */
  translateX: (image, shape, level, sign) =>
    moved(image, shape, { matrix: unit, shift: [sign * level * shape.width * 150 / 331, 0] }),
  translateY: (image, shape, level, sign) =>
    moved(image, shape, { matrix: unit, shift: [0, sign * level * shape.height * 150 / 331] }),
} satisfies Record<string, ImageOperation>;
