import { assert, assertEquals } from "@std/assert";
import { normalised, resized, softmax } from "../../../search/export/page/preprocess.ts";
import { validationBatch } from "../../../search/export/student_data.ts";
import { resizeByArea } from "../../../src/data/resize.ts";
import type { TrainingData } from "../../../src/data/training_data.ts";
import { values } from "../../src/ops/values.ts";

/** Bytes of a picture `[height, width, 3]` and the same with alpha. */
function picture(height: number, width: number): { rgb: Uint8Array; rgba: Uint8Array } {
  const rgb = Uint8Array.from(values([height * width * 3], 4).data, (value) => Math.floor((value + 1) * 128));
  const rgba = Uint8Array.from({ length: height * width * 4 }, (_, index) => {
    const colour = index % 4;
    return colour === 3 ? 255 : rgb[Math.floor(index / 4) * 3 + colour];
  });
  return { rgb, rgba };
}

Deno.test("the page resizes as the training data was resized", () => {
  for (const [height, width, size] of [[9, 9, 4], [17, 31, 8], [5, 6, 12], [8, 8, 8]]) {
    const { rgb, rgba } = picture(height, width);
    const expected = resizeByArea(rgb, { height, width, channels: 3 }, size);
    const actual = resized({ height, width, rgba }, { height: size, width: size, channels: 3 });
    // Sums are taken in another order, so that a half may be rounded the other way.
    for (const [index, byte] of expected.entries()) assert(Math.abs(actual[index] - byte) <= 1, `${height} ${index}`);
    assertEquals(actual.length, expected.length);
  }
});

Deno.test("sizes that are not square, grey of colours, and inversion", () => {
  const rgba = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 10, 10, 10, 255);
  const shape = { height: 1, width: 4, channels: 1 };
  const byHand = [76, 150, 29, 10];
  assertEquals([...resized({ height: 1, width: 4, rgba }, shape)], byHand);
  assertEquals([...resized({ height: 1, width: 4, rgba }, shape, true)], byHand.map((byte) => 255 - byte));
  const halves = resized({ height: 1, width: 4, rgba }, { height: 2, width: 2, channels: 3 });
  assertEquals([...halves], [128, 128, 0, 5, 5, 133, 128, 128, 0, 5, 5, 133]);
});

Deno.test("the page normalises as training did", () => {
  const { rgb } = picture(4, 4);
  const [mean, deviation] = [[0.1, 0.5, 0.9], [0.2, 0.3, 0.4]];
  const set = { count: 1, images: rgb, labels: Uint16Array.of(0) };
  const data: TrainingData = {
    dataset: {
      ...{ name: "", source: "", height: 4, width: 4, channels: 3, classNames: ["a", "b"], contentHash: "" },
      ...{ augmentation: { shift: 2, mirror: true }, train: set, test: set },
    },
    ...{ seed: 1, train: Uint32Array.of(0), validation: Uint32Array.of(0), mean, deviation },
  };
  assertEquals(normalised(rgb, { mean, deviation }), validationBatch(data, 1).images);
});

Deno.test("softmax adds to one, whatever the size of the logits", () => {
  assertEquals(softmax([1000, 1000]), [0.5, 0.5]);
  const [first, second] = softmax([Math.log(3), 0]);
  assert(Math.abs(first - 0.75) < 1e-12 && Math.abs(second - 0.25) < 1e-12);
});
