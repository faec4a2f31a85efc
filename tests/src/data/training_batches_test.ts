import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import { trainingBatches, type TrainingBatchesOptions } from "../../../src/data/training_batches.ts";
import { prepareTrainingData } from "../../../src/data/training_data.ts";
import { barDataset } from "../training/fixtures.ts";

const dataset = barDataset();
const data = prepareTrainingData(dataset, { seed: 1, validationImages: 60 });
const options: TrainingBatchesOptions = { data, trainImages: 240, epochs: 2, batchSize: 32, views: 2, seed: 5 };

/** Copies of what is given. */
async function collect(overrides: Partial<TrainingBatchesOptions> = {}) {
  const batches = [];
  for await (const batch of trainingBatches({ ...options, ...overrides })) {
    const { images, labels, positions, indices } = batch;
    batches.push({
      ...batch,
      images: images.slice(),
      labels: labels.slice(),
      positions: positions.slice(),
      indices: indices.slice(),
    });
  }
  return batches;
}

Deno.test("a batch reader reads the images it is asked for, with their labels, into the same memory", () => {
  const reader = new BatchReader(data, 5);
  const first = reader.read(dataset.train, data.train.subarray(0, 5), 1);
  const pixels = first.images.slice();
  assertEquals([...first.labels], [...data.train.subarray(0, 5)].map((index) => dataset.train.labels[index]));
  const second = reader.read(dataset.train, data.train.subarray(5, 8), 1);
  assertEquals([second.images.length, second.labels.length], [3 * 64, 3]);
  assertEquals(second.images.buffer, first.images.buffer);
  assertEquals(new BatchReader(data, 9).read(dataset.train, data.train.subarray(0, 5), 1).images, pixels);
  assertThrows(() => reader.read(dataset.train, data.train.subarray(0, 6)), RangeError, "made for 5");
});

Deno.test("each epoch goes once over the images, in an order and a view of its own", async () => {
  const batches = await collect({ epochs: 3 });
  assertEquals(batches.length, 3 * 7);
  assertEquals(batches.filter((_, step) => step % 7 === 0).map(({ view }) => view), [0, 1, 0]);
  const reader = new BatchReader(data, 1);
  const orders = [0, 1, 2].map((epoch) => {
    const positions: number[] = [];
    for (const batch of batches.filter((candidate) => candidate.epoch === epoch)) {
      for (let row = 0; row < 32; row++) {
        const position = batch.positions[row];
        positions.push(position);
        const index = data.train.subarray(position, position + 1);
        assertEquals(batch.indices[row], index[0]);
        assertEquals(
          batch.images.subarray(64 * row, 64 * row + 64),
          reader.read(dataset.train, index, epoch % 2).images,
        );
        assertEquals(batch.labels[row], dataset.train.labels[index[0]]);
      }
    }
    assertEquals(new Set(positions).size, 7 * 32, "no image twice");
    return positions.join();
  });
  assertEquals(new Set(orders).size, 3);
});

Deno.test("with one view every epoch sees the images as they are", async () => {
  const plain = new BatchReader({ ...data, dataset: { ...dataset, augmentation: { shift: 0, mirror: false } } }, 240);
  const expected = new Set<string>();
  const { images } = plain.read(dataset.train, data.train);
  for (let row = 0; row < 240; row++) expected.add(images.subarray(64 * row, 64 * row + 64).join());
  const countKnown = (batches: { images: Float32Array }[]) =>
    batches.flatMap((batch) => Array.from({ length: 32 }, (_, row) => batch.images.subarray(64 * row, 64 * row + 64)))
      .filter((image) => expected.has(image.join())).length;
  assertEquals(countKnown(await collect({ views: 1 })), 2 * 7 * 32);
  const secondEpoch = (await collect({ views: 2 })).filter(({ epoch }) => epoch === 1);
  assert(countKnown(secondEpoch) < 7 * 32, "the second view is a moved one");
});

Deno.test("the order follows from the seed", async () => {
  const first = await collect();
  assertEquals(await collect(), first);
  const other = await collect({ seed: 6 });
  assert(other[0].images.some((value, index) => value !== first[0].images[index]));
});

Deno.test("more images than there are, and a batch larger than the images, are refused", async () => {
  await assertRejects(() => collect({ trainImages: 241 }), RangeError, "from 241 images of a training part of 240");
  await assertRejects(() => collect({ trainImages: 31 }), RangeError, "batches of 32 from 31 images");
});
