// Fixed, stratified splits: every class keeps its share in both parts.
import type { ImageSet } from "./dataset.ts";
import { hashSeed, Random } from "./random.ts";

const defaultValidationImages = 10_000;
const defaultValidationShare = 1 / 6;
const largestValidationShare = 1 / 4;

const testShare = 1 / 5;
const testSeed = 1;

/**
 * Splits images 0 to `labels.length - 1` into training and validation indices; both are seeded permutations, so that a
 * prefix is a random subset. Held out are `validationImages`, but at most a quarter of all; by default a sixth, at most
 * 10,000. A class never gives its last image. Throws a RangeError where nothing can be held out.
 */
export function splitTraining(
  labels: ArrayLike<number>,
  options: { seed: number; validationImages?: number },
): { train: Uint32Array; validation: Uint32Array } {
  const count = labels.length;
  const wanted = options.validationImages ??
    Math.min(defaultValidationImages, Math.max(1, Math.round(count * defaultValidationShare)));
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new RangeError(`Cannot split: validationImages is ${wanted}, not a positive integer`);
  }
  const { kept, heldOut } = holdOut(
    labels,
    Math.min(wanted, Math.floor(count * largestValidationShare)),
    hashSeed("validation", options.seed),
  );
  return { train: kept, validation: heldOut };
}

/** Splits a source that has no test part of its own: a fifth becomes the test part, the same one on every machine. */
export function splitOffTest(all: ImageSet): { train: ImageSet; test: ImageSet } {
  const { kept, heldOut } = holdOut(all.labels, Math.floor(all.count * testShare), hashSeed("test", testSeed));
  return { train: takeImages(all, kept), test: takeImages(all, heldOut) };
}

function holdOut(
  labels: ArrayLike<number>,
  wanted: number,
  seed: number,
): { kept: Uint32Array; heldOut: Uint32Array } {
  const order = Uint32Array.from({ length: labels.length }, (_, index) => index);
  new Random(seed).shuffle(order);

  const quotas = classQuotas(labels, wanted);
  const kept: number[] = [];
  const heldOut: number[] = [];
  for (const index of order) {
    const left = quotas.get(labels[index]) ?? 0;
    if (left > 0) quotas.set(labels[index], left - 1);
    (left > 0 ? heldOut : kept).push(index);
  }
  if (heldOut.length === 0) {
    throw new RangeError(
      `Cannot split ${labels.length} images of ${quotas.size} classes: at least 5 images and a class with 2 are needed`,
    );
  }
  return { kept: Uint32Array.from(kept), heldOut: Uint32Array.from(heldOut) };
}

/** How many images of each class to hold out, by largest remainders; no class gives its last image. */
function classQuotas(labels: ArrayLike<number>, wanted: number): Map<number, number> {
  const counts = new Map<number, number>();
  for (let index = 0; index < labels.length; index++) counts.set(labels[index], (counts.get(labels[index]) ?? 0) + 1);

  const shares = [...counts].sort(([a], [b]) => a - b).map(([label, count]) => {
    const exact = wanted * count / labels.length;
    return { label, count, whole: Math.floor(exact), remainder: exact - Math.floor(exact) };
  });
  let left = wanted - shares.reduce((sum, { whole }) => sum + whole, 0);
  for (const share of shares.toSorted((a, b) => b.remainder - a.remainder)) {
    if (left === 0) break;
    if (share.whole + 1 >= share.count) continue;
    share.whole++;
    left--;
  }
  return new Map(shares.map(({ label, whole }) => [label, whole]));
}

function takeImages(set: ImageSet, indices: Uint32Array): ImageSet {
  const size = set.images.length / set.count;
  const images = new Uint8Array(indices.length * size);
  const labels = new Uint16Array(indices.length);
  for (const [row, index] of indices.entries()) {
    images.set(set.images.subarray(index * size, (index + 1) * size), row * size);
    labels[row] = set.labels[index];
  }
  return { count: indices.length, images, labels };
}
