// Scores a network on images as they are.
import { setImmediate } from "node:timers/promises";
import { BatchReader } from "../data/batch_reader.ts";
import type { ImageSet } from "../data/dataset.ts";
import type { TrainingData } from "../data/training_data.ts";
import type { Predictor } from "./predictor.ts";

/**
 * Logits `[indices.length, classes]` of images of `set`; `view` undefined takes them as they are, else it is their seeded
 * view. `onBatch` is called once per batch.
 */
export async function predictLogits(
  predictor: Predictor,
  data: TrainingData,
  set: ImageSet,
  indices: Uint32Array,
  options: { view?: number; onBatch?: () => void } = {},
): Promise<Float32Array> {
  const { batchSize, classes } = predictor;
  const logits = new Float32Array(indices.length * classes);
  const reader = new BatchReader(data, batchSize);
  for (let start = 0; start < indices.length; start += batchSize) {
    const { images } = reader.read(set, indices.subarray(start, start + batchSize), options.view);
    logits.set(await predictor.predict(images), start * classes);
    options.onBatch?.();
    // Gives way to whatever must be heard meanwhile.
    await setImmediate();
  }
  return logits;
}

/** Share of the images of `set` at `indices` whose largest logit is their label's. */
export async function evaluate(
  predictor: Predictor,
  data: TrainingData,
  set: ImageSet,
  indices: Uint32Array,
  options: { onBatch?: () => void } = {},
): Promise<number> {
  const { classes } = predictor;
  const logits = await predictLogits(predictor, data, set, indices, options);
  let correct = 0;
  for (const [row, index] of indices.entries()) {
    const scores = logits.subarray(row * classes, (row + 1) * classes);
    if (scores.indexOf(Math.max(...scores)) === set.labels[index]) correct++;
  }
  return correct / indices.length;
}
