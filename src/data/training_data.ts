// A dataset as training sees it: split, normalised, in seeded views.
import { channelStatistics } from "./augmentation.ts";
import type { Dataset } from "./dataset.ts";
import type { RenderingName } from "./renderings.ts";
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
  /** What all images are turned into once they are normalised; plain where absent. Part of the key of what is stored. */
  rendering?: RenderingName;
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
