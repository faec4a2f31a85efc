// Scores a network in its deployed form on images as they are.
import * as tf from "@tensorflow/tfjs";
import type { ImageSet } from "../data/dataset.ts";
import { imageBatch, type TrainingData } from "../data/training_data.ts";
import type { DeployedModel } from "../models/deployed_model.ts";

const batchSize = 250;

/** Logits `[indices.length, classes]` of images of `set`; `view` as in {@linkcode imageBatch}, `onBatch` once per batch. */
export async function predictLogits(
  model: DeployedModel,
  data: TrainingData,
  set: ImageSet,
  indices: Uint32Array,
  options: { view?: number; onBatch?: () => void } = {},
): Promise<Float32Array> {
  const { height, width, channels, classNames } = data.dataset;
  const logits = new Float32Array(indices.length * classNames.length);
  for (let start = 0; start < indices.length; start += batchSize) {
    const rows = indices.subarray(start, start + batchSize);
    const images = tf.tensor4d(imageBatch(data, set, rows, options.view).images, [
      rows.length,
      height,
      width,
      channels,
    ]);
    const predicted = model.predict(images);
    logits.set(await predicted.data(), start * classNames.length);
    tf.dispose([images, predicted]);
    options.onBatch?.();
  }
  return logits;
}

/** Share of the images of `set` at `indices` whose largest logit is their label's. */
export async function evaluate(
  model: DeployedModel,
  data: TrainingData,
  set: ImageSet,
  indices: Uint32Array,
  options: { onBatch?: () => void } = {},
): Promise<number> {
  const classes = data.dataset.classNames.length;
  const logits = await predictLogits(model, data, set, indices, options);
  let correct = 0;
  for (const [row, index] of indices.entries()) {
    const scores = logits.subarray(row * classes, (row + 1) * classes);
    if (scores.indexOf(Math.max(...scores)) === set.labels[index]) correct++;
  }
  return correct / indices.length;
}
