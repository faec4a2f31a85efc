// The bundled digits, from which the data of every task is made.
import type { DatasetContent } from "../data/canonical_file.ts";
import type { ImageSet } from "../data/dataset.ts";
import { Random } from "../data/random.ts";
import { findMnist } from "../data/sources/mnist.ts";

let digits: Promise<DatasetContent> | undefined;

/** Digits of 28x28 grey pixels, a fifth of them in the test part; read once per process. Nobody may write to them. */
export function readDigits(): Promise<DatasetContent> {
  digits ??= findMnist().read({
    imageSize: undefined,
    scratchFolder: "",
    onProgress() {},
    log() {},
    signal: undefined,
  });
  // A failure is not kept: the next call may find the files.
  digits.catch(() => digits = undefined);
  return digits;
}

/** The first `wanted` of the images of `set` whose class is in `classes`, in a seeded order. RangeError where there are fewer. */
export function pickDigits(
  set: ImageSet,
  { wanted, seed, classes }: { wanted: number; seed: number; classes?: readonly number[] },
): Uint32Array {
  const fitting = Uint32Array.from(
    Array.from(set.labels.keys()).filter((index) => !classes || classes.includes(set.labels[index])),
  );
  if (!(Number.isInteger(wanted) && wanted >= 1 && wanted <= fitting.length)) {
    const of = classes ? ` of the digits ${classes.join(", ")}` : "";
    throw new RangeError(`there are ${fitting.length} images${of}, so 1 to as many can be taken, not ${wanted}`);
  }
  new Random(seed).shuffle(fitting);
  return fitting.subarray(0, wanted);
}

/** `images` of values from 0 to 1 in place, less `mean`, over `deviation`: those of all `images` where they are not given. */
export function normalise(
  images: Float32Array,
  given?: { mean: number; deviation: number },
): { mean: number; deviation: number } {
  const { mean, deviation } = given ?? statisticsOf(images);
  for (let index = 0; index < images.length; index++) images[index] = (images[index] - mean) / deviation;
  return { mean, deviation };
}

function statisticsOf(images: Float32Array): { mean: number; deviation: number } {
  let sum = 0;
  let squares = 0;
  for (const value of images) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / images.length;
  // Half a grey level at least, so that blank images do not divide by zero.
  return { mean, deviation: Math.max(0.5 / 255, Math.sqrt(Math.max(0, squares / images.length - mean * mean))) };
}
