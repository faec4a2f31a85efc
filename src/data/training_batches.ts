// The batches of a training in their order: shuffled anew each epoch, each epoch in the view that the teacher sees too.
import { type Batch, BatchReader } from "./batch_reader.ts";
import { Random } from "./random.ts";
import type { TrainingData } from "./training_data.ts";

export interface TrainingBatchesOptions {
  data: TrainingData;
  /** The first so many positions of the training part are used; RangeError if there are fewer, or than `batchSize`. */
  trainImages: number;
  epochs: number;
  batchSize: number;
  /** Epoch e sees view e mod `views` of each image; with 1, every epoch sees the images as they are. */
  views: number;
  /** Seed of the order. */
  seed: number;
}

export interface TrainingBatch extends Batch {
  epoch: number;
  view: number;
  /** `[batch]`, places in the training part. */
  positions: Uint32Array;
  /** `[batch]`, places in the dataset. */
  indices: Uint32Array;
}

/** Batches per epoch; what is left over of the images waits for the next epoch's order. */
export function batchesPerEpoch({ trainImages, batchSize }: { trainImages: number; batchSize: number }): number {
  return Math.floor(trainImages / batchSize);
}

/**
 * All batches of a training. One is read when it is asked for, so whoever asks before the device has done with the last
 * one reads ahead; it holds until the next is asked for.
 */
export async function* trainingBatches(options: TrainingBatchesOptions): AsyncGenerator<TrainingBatch, undefined> {
  const { data, batchSize, trainImages } = options;
  if (!(batchSize >= 1 && batchSize <= trainImages && trainImages <= data.train.length)) {
    throw new RangeError(
      `Cannot take batches of ${batchSize} from ${trainImages} images of a training part of ${data.train.length}`,
    );
  }
  const reader = new BatchReader(data, batchSize);
  const random = new Random(options.seed);
  const order = Uint32Array.from({ length: trainImages }, (_, position) => position);
  const indices = new Uint32Array(batchSize);
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const view = epoch % options.views;
    random.shuffle(order);
    for (let batch = 0; batch < batchesPerEpoch(options); batch++) {
      const positions = order.subarray(batch * batchSize, (batch + 1) * batchSize);
      for (let row = 0; row < batchSize; row++) indices[row] = data.train[positions[row]];
      yield { epoch, view, positions, indices, ...reader.read(data.dataset.train, indices, view) };
    }
  }
}
