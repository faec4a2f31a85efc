// Retrieval and open-set verification: a classifier of the digits 0 to 6 is trained, and its embedding is judged by how it
// brings together images of 7, 8 and 9, which it has never seen.
import { crossEntropy } from "../distillation/cross_entropy.ts";
import type { ImageSet } from "../data/dataset.ts";
import { hashSeed } from "../data/random.ts";
import { normalise, pickDigits, readDigits } from "./digits.ts";
import { cosineHead } from "./embedding_heads.ts";
import { retrievalScores } from "./retrieval_scores.ts";
import type { Task, TaskSet } from "./task.ts";

const trainedDigits = [0, 1, 2, 3, 4, 5, 6] as const;
const heldOutDigits = [7, 8, 9] as const;
// Large enough for probabilities near 1; 16 was no better.
const cosineScale = 8;

function makeSet(
  digits: ImageSet,
  { classes, count, seed }: { classes: readonly number[]; count: number; seed: number },
): TaskSet {
  const picked = pickDigits(digits, { wanted: count, seed, classes });
  const size = digits.images.length / digits.count;
  const images = new Float32Array(count * size);
  for (const [row, index] of picked.entries()) {
    for (let pixel = 0; pixel < size; pixel++) {
      images[row * size + pixel] = digits.images[index * size + pixel] / 255;
    }
  }
  const labels = Int32Array.from(picked, (index) => digits.labels[index]);
  return {
    count,
    images,
    labels,
    targets(indices) {
      const values = new Float32Array(indices.length * trainedDigits.length);
      for (let row = 0; row < indices.length; row++) {
        const label = labels[indices[row]];
        // Held-out digits are none of the trained classes: their rows stay zero.
        if (label < trainedDigits.length) values[row * trainedDigits.length + label] = 1;
      }
      return { labels: { values, shape: [indices.length, trainedDigits.length] } };
    },
  };
}

/** Outputs `logits` `[N, 7]` and `embedding` `[N, channels]`; target `labels`, one-hot. Scored by the embedding's cosines. */
export const retrieval: Task = {
  name: "retrieval",
  summary: "digits 7 to 9 found and told apart by an embedding that was trained on 0 to 6",
  async makeData({ seed, testImages, trainImages }) {
    const digits = await readDigits();
    const train = makeSet(digits.train, { classes: trainedDigits, count: trainImages, seed: hashSeed(seed, "train") });
    // No held-out digit is trained on, so those of the training part may be asked for too.
    const test = makeSet(joined(digits.test, digits.train), {
      classes: heldOutDigits,
      count: testImages,
      seed: hashSeed(seed, "test"),
    });
    normalise(test.images, normalise(train.images));
    return { height: digits.height, width: digits.width, channels: digits.channels, train, test };
  },
  createHead: (taps, { seed }) => cosineHead(taps, { width: trainedDigits.length, seed, scale: cosineScale }),
  loss: (outputs, targets) => crossEntropy(targets.labels, outputs.logits),
  score: (outputs, set) => ({ ...retrievalScores(outputs.embedding.values, set.labels) }),
  higherIsBetter: true,
};

function joined(first: ImageSet, second: ImageSet): ImageSet {
  const images = new Uint8Array(first.images.length + second.images.length);
  images.set(first.images);
  images.set(second.images, first.images.length);
  return { count: first.count + second.count, images, labels: Uint16Array.from([...first.labels, ...second.labels]) };
}
