import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { channelStatistics, type ViewOptions, writeView } from "../../../src/data/augmentation.ts";
import type { ImageSet } from "../../../src/data/dataset.ts";
import { sampleDataset } from "./sample_files.ts";

// Values come out as bytes + 1, so that zero-filled pixels are told from what is not written.
const plain = { mean: [-1 / 255], deviation: [1 / 255] };

function viewOf(shape: { height: number; width: number; channels: number }, set: ImageSet, options: ViewOptions) {
  const out = new Float32Array(shape.height * shape.width * shape.channels);
  writeView(shape, set, 0, options, out, 0);
  return Array.from(out, Math.round);
}

Deno.test("writeView without a policy gives the image itself, normalised, at its offset", () => {
  const shape = { height: 1, width: 2, channels: 2 };
  const set = { count: 2, images: Uint8Array.of(0, 0, 0, 0, 0, 255, 51, 102), labels: Uint16Array.of(0, 1) };
  const out = new Float32Array(6).fill(9);
  const options = { seed: 1, view: 7, policy: undefined, mean: [0.1, 0.5], deviation: [0.5, 0.25] };
  writeView(shape, set, 1, options, out, 1);
  const expected = [9, -0.2, 2, 0.2, -0.4, 9];
  for (const [index, value] of expected.entries()) assertAlmostEquals(out[index], value, 1e-6);
});

Deno.test("writeView gives every shift and mirroring, each a move of the image with zeros around", () => {
  const shape = { height: 2, width: 3, channels: 1 };
  const set = { count: 1, images: Uint8Array.of(1, 2, 3, 4, 5, 6), labels: Uint16Array.of(0) };
  const expected = new Set<string>();
  for (const shiftY of [-1, 0, 1]) {
    for (const shiftX of [-1, 0, 1]) {
      for (const rows of [[[1, 2, 3], [4, 5, 6]], [[3, 2, 1], [6, 5, 4]]]) {
        const moved = [0, 1].flatMap((y) => [0, 1, 2].map((x) => 1 + (rows[y - shiftY]?.[x - shiftX] ?? 0)));
        expected.add(moved.join());
      }
    }
  }
  const policy = { shift: 1, mirror: true };
  const seen = new Set<string>();
  for (let view = 0; view < 400; view++) seen.add(viewOf(shape, set, { seed: 5, view, policy, ...plain }).join());
  assertEquals([...seen].sort(), [...expected].sort());
});

Deno.test("writeView moves all channels of a pixel together", () => {
  const shape = { height: 3, width: 3, channels: 3 };
  const images = Uint8Array.from({ length: 27 }, (_, index) => 10 * Math.floor(index / 3) + index % 3 + 1);
  const set = { count: 1, images, labels: Uint16Array.of(0) };
  const statistics = { mean: [0, 0, 0], deviation: [1 / 255, 1 / 255, 1 / 255] };
  for (let view = 0; view < 50; view++) {
    const pixels = viewOf(shape, set, { seed: 2, view, policy: { shift: 2, mirror: true }, ...statistics });
    for (let start = 0; start < 27; start += 3) {
      const [red, green, blue] = pixels.slice(start, start + 3);
      assert(red === 0 ? green === 0 && blue === 0 : green === red + 1 && blue === red + 2, `${pixels}`);
    }
  }
});

Deno.test("writeView is a function of seed, view and image only", () => {
  const dataset = sampleDataset({ side: 8 });
  const write = (seed: number, view: number, index: number) => {
    const out = new Float32Array(64);
    const options = { seed, view, policy: { shift: 3, mirror: true }, ...plain };
    writeView(dataset, dataset.train, index, options, out, 0);
    return out;
  };
  const first = write(1, 2, 3);
  write(9, 9, 9);
  assertEquals(write(1, 2, 3), first);
  const others = (change: (step: number) => Float32Array) => [1, 2, 3, 4, 5].map((step) => change(step).join());
  assertNotEquals(new Set(others((step) => write(1 + step, 2, 3))).size, 1);
  assertNotEquals(new Set(others((step) => write(1, 2 + step, 3))).size, 1);
});

Deno.test("writeView refuses an image that is not there and room that is too small", () => {
  const dataset = sampleDataset();
  const options = { seed: 1, view: 0, policy: undefined, ...plain };
  assertThrows(
    () => writeView(dataset, dataset.train, 12, options, new Float32Array(16), 0),
    RangeError,
    "image 12 is not among 12",
  );
  assertThrows(
    () => writeView(dataset, dataset.train, 0, options, new Float32Array(16), 1),
    RangeError,
    "16 values at 1 do not fit into 16",
  );
});

Deno.test("channelStatistics gives mean and deviation of each channel over the given images", () => {
  const dataset = {
    ...sampleDataset(),
    height: 1,
    width: 2,
    channels: 2,
    train: {
      count: 3,
      images: Uint8Array.of(0, 10, 255, 10, 9, 9, 9, 9, 0, 30, 255, 30),
      labels: Uint16Array.of(0, 1, 0),
    },
  };
  const { mean, deviation } = channelStatistics(dataset, Uint32Array.of(2, 0));
  assertAlmostEquals(mean[0], 0.5, 1e-12);
  assertAlmostEquals(deviation[0], 0.5, 1e-12);
  assertAlmostEquals(mean[1], 20 / 255, 1e-12);
  assertAlmostEquals(deviation[1], 10 / 255, 1e-12);
});

Deno.test("channelStatistics never gives a deviation of zero", () => {
  const dataset = sampleDataset();
  dataset.train.images.fill(200);
  const { deviation } = channelStatistics(dataset, Uint32Array.of(0, 1));
  assert(deviation[0] > 0.001, `${deviation[0]}`);
});
