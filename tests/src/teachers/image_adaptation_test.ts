import { assertAlmostEquals, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { BatchReader } from "../../../src/data/batch_reader.ts";
import type { TrainingData } from "../../../src/data/training_data.ts";
import { imageAdaptation, type Normalisation } from "../../../src/teachers/image_adaptation.ts";
import { noiseData } from "./fixtures.ts";

const colour = noiseData({ channels: 3 });
const grey = noiseData();

function firstImage(data: TrainingData): { images: Float32Array; bytes: Uint8Array } {
  const indices = Uint32Array.of(3);
  const size = data.dataset.height * data.dataset.width * data.dataset.channels;
  return {
    images: new BatchReader(data, 1).read(data.dataset.train, indices).images.slice(),
    bytes: data.dataset.train.images.subarray(3 * size, 4 * size),
  };
}

Deno.test("every normalisation gives what its name says of the bytes", () => {
  const { images, bytes } = firstImage(colour);
  const input = { height: 8, width: 8, channels: 3 };
  const expected: [Normalisation, (byte: number, channel: number) => number][] = [
    ["unit", (byte) => byte / 255],
    ["bytes", (byte) => byte],
    ["imagenet", (byte, c) => (byte / 255 - [0.485, 0.456, 0.406][c]) / [0.229, 0.224, 0.225][c]],
    [{ mean: [0.5], deviation: [0.5] }, (byte) => byte / 127.5 - 1],
  ];
  for (const [normalisation, of] of expected) {
    const adapted = imageAdaptation(colour, { path: "t", input, normalisation }).apply(images);
    for (const [place, byte] of bytes.entries()) assertAlmostEquals(adapted[place], of(byte, place % 3), 2e-3);
  }
  const same = imageAdaptation(colour, { path: "t", input, normalisation: "data" });
  assertStrictEquals(same.apply(images), images);
  assertEquals(same.key, "");
});

Deno.test("grey and colour are converted where asked for", () => {
  const { images, bytes } = firstImage(colour);
  const options = { path: "t", normalisation: "unit", convertColours: true } as const;
  const bright = imageAdaptation(colour, { ...options, input: { height: 8, width: 8, channels: 1 } }).apply(images);
  assertEquals(bright.length, 64);
  const [red, green, blue] = bytes.subarray(3, 6);
  assertAlmostEquals(bright[1], (0.299 * red + 0.587 * green + 0.114 * blue) / 255, 1e-5);
  const one = firstImage(grey);
  const three = imageAdaptation(grey, { ...options, input: { height: 8, width: 8, channels: 3 } }).apply(one.images);
  for (const place of [6, 7, 8]) assertAlmostEquals(three[place], one.bytes[2] / 255, 1e-5);
});

Deno.test("sizes and channels that differ are refused by name of the option that adapts", () => {
  const adapt =
    (input: { height: number; width: number; channels: number }, normalisation: Normalisation = "data") => () =>
      imageAdaptation(grey, { path: "t.onnx", input, normalisation });
  assertThrows(
    adapt({ height: 9, width: 8, channels: 1 }),
    RangeError,
    "t.onnx: it takes images of 9x8, the data has 8x8; the option resize (--teacher-resize) adapts them",
  );
  assertThrows(
    adapt({ height: 8, width: 8, channels: 3 }),
    RangeError,
    "option convertColours (--teacher-colours) adapts them",
  );
  const square = { height: 8, width: 8, channels: 1 };
  assertThrows(
    adapt(square, "imagenet"),
    RangeError,
    "t.onnx: normalisation (--teacher-normalisation) has 3 numbers of mean for a teacher of 1",
  );
  assertThrows(adapt(square, { mean: [0], deviation: [0] }), RangeError, "deviations above 0");
  assertThrows(adapt(square, { mean: [NaN], deviation: [1] }), RangeError, "deviations above 0");
});

Deno.test("the gradient of the data's images is that of the teacher's, turned back", () => {
  const adaptation = imageAdaptation(grey, {
    path: "t",
    input: { height: 11, width: 6, channels: 3 },
    normalisation: "imagenet",
    resize: true,
    convertColours: true,
  });
  const { images } = firstImage(grey);
  const weights = Float32Array.from({ length: 11 * 6 * 3 }, (_, index) => Math.sin(index));
  const loss = (x: Float32Array) => adaptation.apply(x).reduce((sum, value, index) => sum + value * weights[index], 0);
  const gradient = adaptation.transpose(weights);
  for (const place of [0, 17, 63]) {
    const moved = (by: number) => loss(images.map((value, index) => index === place ? value + by : value));
    assertAlmostEquals(gradient[place], moved(0.5) - moved(-0.5), 1e-2);
  }
});
