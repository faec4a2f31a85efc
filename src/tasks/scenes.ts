// Made-up scenes of one to three bundled digits at different distances: what detection, segmentation and depth are trained
// and scored on. All that can be known of a scene is known exactly.
import type { ImageSet } from "../data/dataset.ts";
import { hashSeed, Random } from "../data/random.ts";
import { readDigits } from "./digits.ts";

/** Height and width of a scene in pixels. */
export const sceneSize = 48;
export const mostObjects = 3;

/** Edges in pixels. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

export interface SceneObject {
  digit: number;
  /** Of the whole digit, also where a nearer one hides a part of it. */
  box: Box;
  /** Distance from the camera: 1 is nearest. A digit at twice the distance is half as large. */
  depth: number;
}

export interface Scene {
  /** `[48, 48]`, grey levels from 0 to 1. */
  image: Float32Array;
  /** `[48, 48]`: 0 on the background, else the digit plus one; a digit's area is its ink and a pixel around it. */
  mask: Uint8Array;
  /** `[48, 48]`: distance of what is seen; the background is a tilted plane, 4 at the top and 3 at the bottom. */
  depth: Float32Array;
  /** From far to near. */
  objects: SceneObject[];
}

const nearestSide = 26;
const farthestDepth = 1.75;
const leastInk = 0.3;
/** Largest share of a digit that another one may cover. */
const mostOverlap = 0.2;
const placingTries = 20;
const digitSide = 28;

/** A digit cut out of its image, larger side `side` pixels: grey levels `[height, width]`. */
function cutDigit(set: ImageSet, index: number, side: number): { ink: Float32Array; height: number; width: number } {
  const pixels = set.images.subarray(index * digitSide ** 2, (index + 1) * digitSide ** 2);
  let [top, bottom, left, right] = [digitSide, 0, digitSide, 0];
  for (let place = 0; place < pixels.length; place++) {
    if (pixels[place] < leastInk * 255) continue;
    const row = Math.floor(place / digitSide);
    const column = place % digitSide;
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
    [left, right] = [Math.min(left, column), Math.max(right, column + 1)];
  }
  const scale = side / Math.max(bottom - top, right - left);
  const height = Math.max(3, Math.round((bottom - top) * scale));
  const width = Math.max(3, Math.round((right - left) * scale));
  const at = (row: number, column: number) =>
    row < 0 || column < 0 || row >= digitSide || column >= digitSide ? 0 : pixels[row * digitSide + column] / 255;
  const ink = new Float32Array(height * width);
  for (let row = 0; row < height; row++) {
    const y = top + (row + 0.5) * (bottom - top) / height - 0.5;
    for (let column = 0; column < width; column++) {
      const x = left + (column + 0.5) * (right - left) / width - 0.5;
      const [y0, x0] = [Math.floor(y), Math.floor(x)];
      const [dy, dx] = [y - y0, x - x0];
      ink[row * width + column] = (1 - dy) * ((1 - dx) * at(y0, x0) + dx * at(y0, x0 + 1)) +
        dy * ((1 - dx) * at(y0 + 1, x0) + dx * at(y0 + 1, x0 + 1));
    }
  }
  return { ink, height, width };
}

function overlap(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const area = ([left, top, right, bottom]: Box) => (right - left) * (bottom - top);
  return width * height / Math.min(area(a), area(b));
}

function makeScene(digits: ImageSet, seed: number): Scene {
  const random = new Random(seed);
  const placed: (SceneObject & { ink: Float32Array; width: number })[] = [];
  const wanted = 1 + random.integer(mostObjects);
  for (let tries = 0; placed.length < wanted && tries < placingTries; tries++) {
    const depth = 1 + random.next() * (farthestDepth - 1);
    const index = random.integer(digits.count);
    const { ink, height, width } = cutDigit(digits, index, Math.round(nearestSide / depth));
    const left = random.integer(sceneSize - width + 1);
    const top = random.integer(sceneSize - height + 1);
    const box: Box = [left, top, left + width, top + height];
    if (placed.some((other) => overlap(box, other.box) > mostOverlap)) continue;
    placed.push({ digit: digits.labels[index], box, depth, ink, width });
  }
  placed.sort((a, b) => b.depth - a.depth);
  const image = new Float32Array(sceneSize ** 2);
  const mask = new Uint8Array(sceneSize ** 2);
  const depth = Float32Array.from(
    { length: sceneSize ** 2 },
    (_, place) => 4 - Math.floor(place / sceneSize) / (sceneSize - 1),
  );
  for (const object of placed) {
    const [left, top] = object.box;
    for (const [inside, ink] of object.ink.entries()) {
      const row = top + Math.floor(inside / object.width);
      const column = left + inside % object.width;
      const place = row * sceneSize + column;
      image[place] = ink + (1 - ink) * image[place];
      if (ink < leastInk) continue;
      for (let y = Math.max(0, row - 1); y <= Math.min(sceneSize - 1, row + 1); y++) {
        for (let x = Math.max(0, column - 1); x <= Math.min(sceneSize - 1, column + 1); x++) {
          mask[y * sceneSize + x] = object.digit + 1;
          depth[y * sceneSize + x] = object.depth;
        }
      }
    }
  }
  return { image, mask, depth, objects: placed.map(({ digit, box, depth }) => ({ digit, box, depth })) };
}

/**
 * Scenes from the digits' training part and from their test part; the same for the same seed, and the first ones the same
 * whatever their number. RangeError on a number that is not a positive integer.
 */
export async function makeScenes(
  options: { seed: number; trainImages: number; testImages: number },
): Promise<{ train: Scene[]; test: Scene[] }> {
  for (const name of ["trainImages", "testImages"] as const) {
    const count = options[name];
    if (!Number.isInteger(count) || count < 1) throw new RangeError(`${name} must be a positive integer, got ${count}`);
  }
  const digits = await readDigits();
  const scenes = (part: "train" | "test", count: number) =>
    Array.from({ length: count }, (_, index) => makeScene(digits[part], hashSeed(options.seed, "scene", part, index)));
  return { train: scenes("train", options.trainImages), test: scenes("test", options.testImages) };
}
