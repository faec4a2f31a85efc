import { assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { findCifarFolder } from "../../../../src/data/sources/cifar_folder.ts";
import { readFolder, withFolder } from "../sample_files.ts";

/** Records of which pixel i has red i mod 256, green 100 and blue 200. */
function batchBytes(labels: number[]): Uint8Array {
  const record = (label: number) => [
    label,
    ...Array.from({ length: 1024 }, (_, pixel) => pixel % 256),
    ...new Array(1024).fill(100),
    ...new Array(1024).fill(200),
  ];
  return Uint8Array.from(labels.flatMap(record));
}

const ten = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

function writeBatches(folder: string): void {
  Deno.writeFileSync(`${folder}/data_batch_1.bin`, batchBytes(ten));
  Deno.writeFileSync(`${folder}/data_batch_2.bin`, batchBytes([3, 3]));
  Deno.writeFileSync(`${folder}/test_batch.bin`, batchBytes([7]));
}

Deno.test("findCifarFolder joins the batches in order and interleaves the colours", async () => {
  await withFolder(async (folder) => {
    writeBatches(folder);
    const { train, test, classNames, augmentation } = await readFolder(findCifarFolder, folder);
    assertEquals([...train.labels, ...test.labels], [...ten, 3, 3, 7]);
    assertEquals([...train.images.subarray(0, 6)], [0, 100, 200, 1, 100, 200]);
    assertEquals([...test.images.subarray(-3)], [255, 100, 200]);
    assertEquals([classNames[7], augmentation], ["horse", { shift: 4, mirror: true }]);
  });
});

Deno.test("findCifarFolder names the file at fault", async () => {
  const faults: [string, number[] | Uint8Array][] = [
    ["data_batch_2.bin: 3072 bytes, expected a multiple of 3073", new Uint8Array(3072)],
    ["data_batch_2.bin: 0 bytes, expected a multiple of 3073", []],
    ["data_batch_2.bin: label 10 of image 1 is out of range, allowed are 0 to 9", batchBytes([0, 10])],
  ];
  for (const [fault, bytes] of faults) {
    await withFolder(async (folder) => {
      writeBatches(folder);
      Deno.writeFileSync(`${folder}/data_batch_2.bin`, Uint8Array.from(bytes));
      await assertRejects(() => readFolder(findCifarFolder, folder), Error, `${folder}/${fault}`);
    });
  }
});

Deno.test("findCifarFolder needs both kinds of batches and ten images", async () => {
  await withFolder(async (folder) => {
    assertStrictEquals(findCifarFolder(folder), null);
    writeBatches(folder);
    Deno.removeSync(`${folder}/test_batch.bin`);
    assertThrows(() => findCifarFolder(folder), Error, `${folder}: has data_batch_1.bin but no test_batch.bin`);
    writeBatches(folder);
    Deno.removeSync(`${folder}/data_batch_1.bin`);
    await assertRejects(() => readFolder(findCifarFolder, folder), Error, `${folder}: 2 images`);
    Deno.removeSync(`${folder}/data_batch_2.bin`);
    assertThrows(() => findCifarFolder(folder), Error, `${folder}: has test_batch.bin but no data_batch_1.bin`);
  });
});
