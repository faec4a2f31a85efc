// A dataset as training sees it: split, normalised, in seeded views.
import { writeView } from "./augmentation.ts";
import { channelStatistics } from "./augmentation.ts";
import type { Dataset, ImageSet } from "./dataset.ts";
import { splitTraining } from "./split.ts";

/** How a dataset is split and viewed; together with the dataset's hash it fixes every pixel. */
export interface DataOptions {
  /** Seed of the split and of the views. */
  seed: number;
  /** Images held out of the training part. */
  validationImages: number;
}

/** Where batches are taken from. Positions index the seeded permutation of a part. */
export interface TrainingData {
  dataset: Dataset;
  seed: number;
  train: Uint32Array;
  validation: Uint32Array;
  mean: number[];
  deviation: number[];
}

/** Splits `dataset` and takes the channel statistics of its training part. */
export function prepareTrainingData(dataset: Dataset, options: DataOptions): TrainingData {
  const { train, validation } = splitTraining(dataset.train.labels, {
    seed: options.seed,
    validationImages: options.validationImages,
  });
  const { mean, deviation } = channelStatistics(dataset, train);
  return { dataset, seed: options.seed, train, validation, mean, deviation };
}

/** Images per epoch and part. */
export interface Batch {
  /** `[count, height, width, channels]`, flat. */
  images: Float32Array;
  /** Class index per image. */
  labels: Uint16Array;
}

/** The given images of `set`, normalised; `view` undefined leaves them as they are, else it is their seeded view. */
export function imageBatch(data: TrainingData, set: ImageSet, indices: Uint32Array, view?: number): Batch {
  const { dataset, seed, mean, deviation } = data;
  const size = dataset.height * dataset.width * dataset.channels;
  const images = new Float32Array(indices.length * size);
  const labels = new Uint16Array(indices.length);
  const options = {
    seed,
    view: view ?? 0,
    policy: view === undefined ? undefined : dataset.augmentation,
    mean,
    deviation,
  };
  for (const [row, index] of indices.entries()) {
    writeView(dataset, set, index, options, images, row * size);
    labels[row] = set.labels[index];
  }
  return { images, labels };
}
