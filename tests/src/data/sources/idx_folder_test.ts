import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { findIdxFolder } from "../../../../src/data/sources/idx_folder.ts";
import { idxBytes, readFolder, withFolder, writeIdxPair } from "../sample_files.ts";

Deno.test("findIdxFolder reads both pairs, plain or gzipped", async () => {
  for (const gzip of [true, false]) {
    await withFolder(async (folder) => {
      writeIdxPair(folder, "train", { count: 20, classes: 4, gzip });
      writeIdxPair(folder, "t10k", { count: 5, classes: 4, gzip });
      const content = await readFolder(findIdxFolder, folder);
      assertEquals([content.train.count, content.test.count, content.height, content.channels], [20, 5, 4, 1]);
      assertEquals(content.classNames, ["0", "1", "2", "3"]);
      assertEquals([...content.test.images.subarray(15, 17)], [0, 1]);
    });
  }
});

Deno.test("findIdxFolder holds out a fifth where there is no test pair, and takes names with dots", async () => {
  await withFolder(async (folder) => {
    const images = idxBytes([20, 28, 28, 3], new Uint8Array(20 * 28 * 28 * 3));
    const labels = idxBytes([20], Array.from({ length: 20 }, (_, index) => index % 2));
    Deno.writeFileSync(`${folder}/train-images.idx4-ubyte`, images);
    Deno.writeFileSync(`${folder}/train-labels.idx1-ubyte`, labels);
    const content = await readFolder(findIdxFolder, folder);
    assertEquals([content.train.count, content.test.count, content.channels], [16, 4, 3]);
    assertEquals(content.augmentation, { shift: 2, mirror: true });
    assertEquals([...content.test.labels].sort(), [0, 0, 1, 1]);
  });
});

Deno.test("findIdxFolder leaves other folders alone", async () => {
  await withFolder((folder) => {
    Deno.writeTextFileSync(`${folder}/images.txt`, "");
    assertStrictEquals(findIdxFolder(folder), null);
  });
});

Deno.test("findIdxFolder names what is missing", async () => {
  await withFolder((folder) => {
    writeIdxPair(folder, "train", { count: 20 });
    Deno.removeSync(`${folder}/train-labels-idx1-ubyte.gz`);
    assertThrows(
      () => findIdxFolder(folder),
      Error,
      `${folder}/train-images-idx3-ubyte.gz: has no labels beside it`,
    );
  });
  await withFolder((folder) => {
    writeIdxPair(folder, "test", { count: 20 });
    assertThrows(() => findIdxFolder(folder), Error, "but no train-images-idx3-ubyte");
  });
});

Deno.test("findIdxFolder refuses data that cannot be used, in one line", async () => {
  const faults: [string, (folder: string) => void][] = [
    ["1 class, at least 2 are needed", (folder) => writeIdxPair(folder, "train", { count: 20, classes: 1 })],
    ["9 images, at least 10 are needed", (folder) => writeIdxPair(folder, "train", { count: 9 })],
    ["t10k-labels-idx1-ubyte.gz: label 2 is out of range, training has 0 to 1", (folder) => {
      writeIdxPair(folder, "train", { count: 20, classes: 2 });
      writeIdxPair(folder, "t10k", { count: 20, classes: 3 });
    }],
    ["t10k-images-idx3-ubyte.gz: images of 5 x 5 x 1, but those for training are 4 x 4 x 1", (folder) => {
      writeIdxPair(folder, "train", { count: 20 });
      writeIdxPair(folder, "t10k", { count: 20, side: 5 });
    }],
  ];
  for (const [fault, write] of faults) {
    await withFolder(async (folder) => {
      write(folder);
      const { message } = await assertRejects(() => readFolder(findIdxFolder, folder), Error, fault);
      assertEquals([message.startsWith(folder), message.includes("\n")], [true, false], message);
    });
  }
});
