// RandAugment: Cubuk et al. 2019, 1909.13719: some operations drawn for each image, all at one strength. On bytes, so
// that colours mean what they do in the paper.
import type { Random } from "../../data/random.ts";
import type { ImageShape } from "../../data/resize.ts";
import { colourOperations } from "./colour_operations.ts";
import { geometricOperations } from "./geometric_operations.ts";

/** Strengths are from 0 to this. */
export const strongest = 30;

/** Changes an image `[height, width, channels]`; `level` is 0 to 1, `sign` 1 or -1 for what has two directions. */
export type ImageOperation = (image: Uint8Array, shape: ImageShape, level: number, sign: 1 | -1) => Uint8Array;

export interface RandAugmentOptions {
  /** Operations per image. */
  operations: number;
  /** Strength of all of them, 0 to 30. */
  magnitude: number;
}

/** All operations by name; those of colours are left out for grey images. */
export function imageOperations({ channels }: ImageShape): Record<string, ImageOperation> {
  const { color, ...grey } = colourOperations;
  return { identity: (image) => image, ...grey, ...(channels === 3 && { color }), ...geometricOperations };
}

/** A drawn change of `image`, which stays as it is. */
export function randAugment(
  image: Uint8Array,
  shape: ImageShape,
  { operations, magnitude }: RandAugmentOptions,
  random: Random,
): Uint8Array {
  const all = Object.values(imageOperations(shape));
  let changed = image;
  for (let drawn = 0; drawn < operations; drawn++) {
    const operation = all[random.integer(all.length)];
    changed = operation(changed, shape, magnitude / strongest, random.next() < 0.5 ? -1 : 1);
  }
  return changed;
}
