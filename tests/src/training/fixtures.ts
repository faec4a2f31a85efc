// A dataset small enough to be learned in a second: bars at a class's own place, with noise.
import type { Dataset, ImageSet } from "../../../src/data/dataset.ts";
import { Random } from "../../../src/data/random.ts";

const side = 8;

function bars(count: number, seed: number): ImageSet {
  const random = new Random(seed);
  const images = new Uint8Array(count * side * side);
  const labels = new Uint16Array(count);
  for (let image = 0; image < count; image++) {
    labels[image] = image % 3;
    for (let pixel = 0; pixel < side * side; pixel++) {
      const row = Math.floor(pixel / side);
      const column = pixel % side;
      const lit = [row === 4, column === 4, row === column][labels[image]];
      images[image * side * side + pixel] = (lit ? 200 : 0) + random.integer(56);
    }
  }
  return { count, images, labels };
}

/** 300 training and 60 test images `[8, 8, 1]` in three classes. */
export function barDataset(): Dataset {
  return {
    name: "bars",
    source: "made by the test",
    height: side,
    width: side,
    channels: 1,
    classNames: ["row", "column", "diagonal"],
    augmentation: { shift: 1, mirror: false },
    contentHash: "0".repeat(64),
    train: bars(300, 1),
    test: bars(60, 2),
  };
}
