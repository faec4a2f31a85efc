// Batches of Noisy Student: labelled and pseudo-labelled images together, all of them with the noise of the images.
import { ViewWriter } from "../../data/augmentation.ts";
import type { ImageSet } from "../../data/dataset.ts";
import { Random } from "../../data/random.ts";
import { renderings } from "../../data/renderings.ts";
import { resizeByArea } from "../../data/resize.ts";
import type { TrainingData } from "../../data/training_data.ts";
import { randAugment, type RandAugmentOptions } from "./rand_augment.ts";

/** Images with what they are to be learned as. */
export interface TargetSet {
  set: ImageSet;
  /** Places in the set; one may come several times. */
  indices: Uint32Array;
  /** `[indices.length, classes]` */
  targets: Float32Array;
}

export interface NoisyBatch {
  /** `[batch, size, size, channels]`, normalised. */
  images: Float32Array;
  /** `[batch, classes]` */
  targets: Float32Array;
  /**
   * `[batch]`, what each row's cross-entropy counts: those of the labelled rows sum up to 1, the others to the ratio.
   */
  weights: Float32Array;
  epoch: number;
}

export interface NoisyBatchesOptions {
  data: TrainingData;
  labelled: TargetSet;
  unlabelled: TargetSet;
  /** What the loss on unlabelled images counts, and how many of them a batch has for each labelled one. */
  ratio: number;
  batchSize: number;
  batchesPerEpoch: number;
  /** Height and width of the images as the network sees them. */
  size: { height: number; width: number };
  augmentation: RandAugmentOptions;
  seed: number;
}

/** Rows of a batch: of each kind at least one where its weight is not 0. */
export function rowsOfBatch(batchSize: number, ratio: number): { labelled: number; unlabelled: number } {
  if (ratio === 0) return { labelled: batchSize, unlabelled: 0 };
  const wanted = Math.round(batchSize * ratio / (1 + ratio));
  const unlabelled = Math.max(1, Math.min(batchSize - 1, wanted));
  return { labelled: batchSize - unlabelled, unlabelled };
}

/** Places of a set in an order that is drawn anew each time that all were taken. */
function* endlessOrder(count: number, random: Random): Generator<number, never> {
  const order = Uint32Array.from({ length: count }, (_, place) => place);
  while (true) {
    random.shuffle(order);
    yield* order;
  }
}

/** RangeError where the data's rendering of an image is not the same at another size than the images' own. */
export function requireRendering({ data, size }: Pick<NoisyBatchesOptions, "data" | "size">): void {
  const { dataset: { height, width }, rendering } = data;
  if (rendering !== "noisy" || (size.height === height && size.width === width)) return;
  throw new RangeError(
    `the noise of the rendering "noisy" belongs to the pixels of ${height}x${width} images, there is none for ` +
      `${size.height}x${size.width}; set trainSize to 1`,
  );
}

/** Batches without end. One holds until the next is asked for. RangeError as {@linkcode requireRendering}. */
export async function* noisyBatches(options: NoisyBatchesOptions): AsyncGenerator<NoisyBatch, undefined> {
  const { augmentation, batchSize, data, labelled, ratio, size, unlabelled } = options;
  const { dataset: { height, width, channels, augmentation: policy }, mean, deviation } = data;
  const random = new Random(options.seed);
  const shape = { height, width, channels };
  const writer = new ViewWriter({ ...size, channels }, { seed: 0, policy, mean, deviation });
  requireRendering(options);
  const { draw } = renderings[data.rendering ?? "plain"];
  const classes = labelled.targets.length / labelled.indices.length;
  const rows = rowsOfBatch(batchSize, ratio);
  const kinds = [
    { from: labelled, order: endlessOrder(labelled.indices.length, random), count: rows.labelled, weight: 1 },
    ...(rows.unlabelled > 0
      ? [{
        from: unlabelled,
        order: endlessOrder(unlabelled.indices.length, random),
        count: rows.unlabelled,
        weight: ratio,
      }]
      : []),
  ];
  const imageSize = size.height * size.width * channels;
  const pixels = height * width * channels;
  const images = new Float32Array(batchSize * imageSize);
  const targets = new Float32Array(batchSize * classes);
  const weights = new Float32Array(batchSize);
  for (let batch = 0;; batch++) {
    let row = 0;
    for (const { from, order, count, weight } of kinds) {
      for (let taken = 0; taken < count; taken++, row++) {
        const place = order.next().value;
        const index = from.indices[place];
        const bytes = from.set.images.subarray(index * pixels, (index + 1) * pixels);
        const noisy = randAugment(bytes, shape, augmentation, random);
        const sized = size.height === height ? noisy : resizeByArea(noisy, shape, size.height);
        writer.write({ count: 1, images: sized, labels: new Uint16Array(1) }, 0, 0, images, row * imageSize);
        const drawn = images.subarray(row * imageSize, (row + 1) * imageSize);
        draw({ pixels: drawn, ...size, channels, seed: data.seed, index });
        targets.set(from.targets.subarray(place * classes, (place + 1) * classes), row * classes);
        weights[row] = weight / count;
      }
    }
    yield { images, targets, weights, epoch: Math.floor(batch / options.batchesPerEpoch) };
  }
}
