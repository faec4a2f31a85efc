// Images as a network reads them, written into the same memory for every batch: a batch costs what its pixels cost.
import { ViewWriter } from "./augmentation.ts";
import type { ImageSet } from "./dataset.ts";
import { renderings } from "./renderings.ts";
import type { TrainingData } from "./training_data.ts";

/** Some images with their labels. */
export interface Batch {
  /** `[count, height, width, channels]`, flat, normalised. */
  images: Float32Array;
  /** `[count]`, class numbers. */
  labels: Int32Array;
}

/** Reads batches of up to `largest` images. A batch holds until the next is read. */
export class BatchReader {
  readonly #writer: ViewWriter;
  readonly #imageSize: number;
  readonly #images: Float32Array;
  readonly #labels: Int32Array;
  readonly #data: TrainingData;

  constructor(data: TrainingData, largest: number) {
    const { dataset, seed, mean, deviation } = data;
    this.#data = data;
    this.#writer = new ViewWriter(dataset, { seed, policy: dataset.augmentation, mean, deviation });
    this.#imageSize = dataset.height * dataset.width * dataset.channels;
    this.#images = new Float32Array(largest * this.#imageSize);
    this.#labels = new Int32Array(largest);
  }

  /**
   * The images of `set` at `indices` in a view; view 0 is the images as they are. RangeError where they are more than the
   * reader was made for, or one is not there.
   */
  read(set: ImageSet, indices: Uint32Array, view = 0): Batch {
    const count = indices.length;
    if (count > this.#labels.length) {
      throw new RangeError(`Cannot read ${count} images: the reader was made for ${this.#labels.length}`);
    }
    for (let row = 0; row < count; row++) {
      this.#writer.write(set, indices[row], view, this.#images, row * this.#imageSize);
      this.#labels[row] = set.labels[indices[row]];
    }
    this.#render(indices);
    return { images: this.#images.subarray(0, count * this.#imageSize), labels: this.#labels.subarray(0, count) };
  }

  #render(indices: Uint32Array): void {
    const { dataset: { height, width, channels }, rendering = "plain", seed } = this.#data;
    if (rendering === "plain") return;
    const { draw } = renderings[rendering];
    for (const [row, index] of indices.entries()) {
      const pixels = this.#images.subarray(row * this.#imageSize, (row + 1) * this.#imageSize);
      draw({ pixels, height, width, channels, seed, index });
    }
  }
}
