// Datasets made harder, or asked about what they did not teach.
import type { TrainingData } from "../../src/data/training_data.ts";
import { prepareTrainingData } from "../../src/data/training_data.ts";
import type { Dataset, ImageSet } from "../../src/data/dataset.ts";
import { hashSeed, Random } from "../../src/data/random.ts";
import type { Variant } from "./job.ts";

function only(set: ImageSet, keep: (label: number) => boolean): ImageSet {
  const indices = Array.from({ length: set.count }, (_, index) => index).filter((index) => keep(set.labels[index]));
  const size = set.images.length / set.count;
  const images = new Uint8Array(indices.length * size);
  for (const [row, index] of indices.entries()) {
    images.set(set.images.subarray(index * size, (index + 1) * size), row * size);
  }
  return { count: indices.length, images, labels: Uint16Array.from(indices, (index) => set.labels[index]) };
}

/** `data` with a share of its training labels drawn anew from all classes: the same ones each time. */
export function withNoisyLabels(data: TrainingData, share: number): TrainingData {
  const { dataset, seed, train } = data;
  const random = new Random(hashSeed(seed, "noisy labels"));
  const labels = dataset.train.labels.slice();
  for (const index of train) {
    const drawn = random.integer(dataset.classNames.length);
    if (random.next() < share) labels[index] = drawn;
  }
  return { ...data, dataset: { ...dataset, train: { ...dataset.train, labels } } };
}

/** A variant of a dataset, ready for training; `unseen`: test images of the classes that are not taught. */
export interface VariantData {
  data: TrainingData;
  unseen?: ImageSet;
}

/** The training data of `variant`. RangeError where fewer than two classes are left out of an open set. */
export function prepareVariant(
  dataset: Dataset,
  variant: Variant,
  options: { seed: number; validationImages: number },
): VariantData {
  switch (variant.name) {
    case "whole":
      return { data: prepareTrainingData(dataset, options) };
    case "noisy-labels":
      return { data: withNoisyLabels(prepareTrainingData(dataset, options), variant.share) };
    case "open-set": {
      const { classes } = variant;
      const left = dataset.classNames.length - classes;
      if (left < 2) throw new RangeError(`an open set leaves out two classes or more, got ${left}`);
      const taught: Dataset = {
        ...dataset,
        // The pixels are others, so what is kept by this hash must be, too.
        contentHash: `${dataset.contentHash}-first-${classes}`,
        classNames: dataset.classNames.slice(0, classes),
        train: only(dataset.train, (label) => label < classes),
        test: only(dataset.test, (label) => label < classes),
      };
      return {
        data: prepareTrainingData(taught, options),
        unseen: only(dataset.test, (label) => label >= classes),
      };
    }
    default:
      return variant satisfies never;
  }
}
