import { hashSeed, Random } from "../data/random.ts";
import type { Architecture } from "../schemas/architecture.ts";

const randomImages = 8;
const seed = 1;

/** Images of which the forms of a network must say the same, `[count, height, width, channels]`. */
export interface CheckImages {
  images: Float32Array;
  count: number;
}

/** Normally distributed images, the same ones each time, after `given` ones. RangeError where those are no whole images. */
export function checkImages(
  { height, width, channels }: Architecture["input"],
  given: Float32Array = new Float32Array(),
): CheckImages {
  const size = height * width * channels;
  if (given.length % size !== 0) {
    throw new RangeError(`images are [count, ${height}, ${width}, ${channels}], got ${given.length} values`);
  }
  const images = new Float32Array(given.length + randomImages * size);
  images.set(given);
  const random = new Random(hashSeed(seed, "export check"));
  for (let index = given.length; index < images.length; index++) images[index] = random.normal();
  return { images, count: images.length / size };
}
