import { assert, assertAlmostEquals, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { channelStatistics, type ViewOptions, ViewWriter } from "../../../src/data/augmentation.ts";
import type { AugmentationPolicy, ImageSet } from "../../../src/data/dataset.ts";
import { hashSeed, Random } from "../../../src/data/random.ts";
import { sampleDataset } from "./sample_files.ts";

// Values come out as bytes + 1, so that zero-filled pixels are told from what is not written.
const plain = { mean: [-1 / 255], deviation: [1 / 255] };

type Shape = { height: number; width: number; channels: number };

const still: AugmentationPolicy = { shift: 0, mirror: false };

function viewOf(shape: Shape, set: ImageSet, options: ViewOptions, view: number) {
  const out = new Float32Array(shape.height * shape.width * shape.channels);
  new ViewWriter(shape, options).write(set, 0, view, out, 0);
  return Array.from(out, Math.round);
}

Deno.test("view 0 is the image itself, normalised, at its offset", () => {
  const shape = { height: 1, width: 2, channels: 2 };
  const set = { count: 2, images: Uint8Array.of(0, 0, 0, 0, 0, 255, 51, 102), labels: Uint16Array.of(0, 1) };
  const out = new Float32Array(6).fill(9);
  const policy = { shift: 1, mirror: true };
  const writer = new ViewWriter(shape, { seed: 1, policy, mean: [0.1, 0.5], deviation: [0.5, 0.25] });
  writer.write(set, 1, 0, out, 1);
  const expected = [9, -0.2, 2, 0.2, -0.4, 9];
  for (const [index, value] of expected.entries()) assertAlmostEquals(out[index], value, 1e-6);
});

/** A moved view by its definition: pixel by pixel, mirrored first, then moved; zero bytes come in; normalised. */
function viewByDefinition(shape: Shape, set: ImageSet, index: number, options: ViewOptions, view: number) {
  const { height, width, channels } = shape;
  const { policy, mean, deviation } = options;
  const random = new Random(hashSeed(options.seed, view, index));
  const shiftX = random.integer(2 * policy.shift + 1) - policy.shift;
  const shiftY = random.integer(2 * policy.shift + 1) - policy.shift;
  const mirrored = policy.mirror && random.next() < 0.5;
  return Float32Array.from({ length: height * width * channels }, (_, place) => {
    const channel = place % channels;
    const x = Math.floor(place / channels) % width - shiftX;
    const y = Math.floor(place / channels / width) - shiftY;
    const sourceX = mirrored ? width - 1 - x : x;
    const inside = x >= 0 && x < width && y >= 0 && y < height;
    const byte = inside ? set.images[((index * height + y) * width + sourceX) * channels + channel] : 0;
    return byte * (1 / (255 * deviation[channel])) + -mean[channel] / deviation[channel];
  });
}

Deno.test("views are the definition bit for bit, whatever the channels, the shape and the shift", () => {
  const random = new Random(3);
  let moved = 0;
  for (
    const [height, width, channels, shift] of [[7, 5, 1, 2], [6, 6, 3, 4], [4, 3, 2, 5], [1, 1, 4, 1], [5, 8, 3, 0]]
  ) {
    const shape = { height, width, channels };
    const count = 6;
    const images = Uint8Array.from({ length: count * height * width * channels }, () => random.integer(256));
    const set = { count, images, labels: new Uint16Array(count) };
    const statistics = {
      mean: Array.from({ length: channels }, () => random.next()),
      deviation: Array.from({ length: channels }, () => 0.1 + random.next()),
    };
    const options = { seed: 4, policy: { shift, mirror: true }, ...statistics };
    const writer = new ViewWriter(shape, options);
    for (let index = 0; index < count; index++) {
      const plain = new Float32Array(height * width * channels);
      writer.write(set, index, 0, plain, 0);
      assertEquals(plain, viewByDefinition(shape, set, index, { ...options, policy: still }, 0));
      for (let view = 1; view <= 8; view++) {
        const out = new Float32Array(height * width * channels);
        writer.write(set, index, view, out, 0);
        assertEquals(out, viewByDefinition(shape, set, index, options, view));
        if (plain.some((value, place) => value !== out[place])) moved++;
      }
    }
  }
  assert(moved > 100, `${moved} views differed from the image`);
});

Deno.test("the views are every shift and mirroring, each a move of the image with zeros around", () => {
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
  for (let view = 1; view <= 400; view++) seen.add(viewOf(shape, set, { seed: 5, policy, ...plain }, view).join());
  assertEquals([...seen].sort(), [...expected].sort());
});

Deno.test("a view moves all channels of a pixel together", () => {
  const shape = { height: 3, width: 3, channels: 3 };
  const images = Uint8Array.from({ length: 27 }, (_, index) => 10 * Math.floor(index / 3) + index % 3 + 1);
  const set = { count: 1, images, labels: Uint16Array.of(0) };
  const statistics = { mean: [0, 0, 0], deviation: [1 / 255, 1 / 255, 1 / 255] };
  for (let view = 1; view <= 50; view++) {
    const pixels = viewOf(shape, set, { seed: 2, policy: { shift: 2, mirror: true }, ...statistics }, view);
    for (let start = 0; start < 27; start += 3) {
      const [red, green, blue] = pixels.slice(start, start + 3);
      assert(red === 0 ? green === 0 && blue === 0 : green === red + 1 && blue === red + 2, `${pixels}`);
    }
  }
});

Deno.test("a view is a function of seed, view and image only", () => {
  const dataset = sampleDataset({ side: 8 });
  const write = (seed: number, view: number, index: number) => {
    const out = new Float32Array(64);
    new ViewWriter(dataset, { seed, policy: { shift: 3, mirror: true }, ...plain })
      .write(dataset.train, index, view, out, 0);
    return out;
  };
  const first = write(1, 2, 3);
  write(9, 9, 9);
  assertEquals(write(1, 2, 3), first);
  const others = (change: (step: number) => Float32Array) => [1, 2, 3, 4, 5].map((step) => change(step).join());
  assertNotEquals(new Set(others((step) => write(1 + step, 2, 3))).size, 1);
  assertNotEquals(new Set(others((step) => write(1, 2 + step, 3))).size, 1);
});

Deno.test("an image that is not there and room that is too small are refused", () => {
  const dataset = sampleDataset();
  const writer = new ViewWriter(dataset, { seed: 1, policy: still, ...plain });
  assertThrows(
    () => writer.write(dataset.train, 12, 0, new Float32Array(16), 0),
    RangeError,
    "image 12 is not among 12",
  );
  assertThrows(
    () => writer.write(dataset.train, 0, 0, new Float32Array(16), 1),
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
