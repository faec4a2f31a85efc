import { assert, assertEquals, assertNotEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { findImageFolder } from "../../../../src/data/sources/image_folder.ts";
import { jpegBytes, pngBytes, readContext, readFolder, withFolder, writePictures } from "../sample_files.ts";

const small = { width: 4, height: 4 };

Deno.test("findImageFolder gives one class per sub-folder, at the pictures' own small size", async () => {
  await withFolder(async (folder) => {
    writePictures(`${folder}/dog`, 5, () => pngBytes([20, 0, 0], small));
    writePictures(`${folder}/cat`, 10, () => pngBytes([10, 0, 0], small));
    const content = await readFolder(findImageFolder, folder);
    assertEquals(content.classNames, ["cat", "dog"]);
    assertEquals([content.height, content.width, content.channels], [4, 4, 3]);
    assertEquals([content.train.count, content.test.count], [12, 3]);
    assertEquals([...content.test.labels].sort(), [0, 0, 1]);
    for (const { count, labels, images } of [content.train, content.test]) {
      for (let row = 0; row < count; row++) assertEquals(images[row * 48], labels[row] === 0 ? 10 : 20);
    }
  });
});

Deno.test("findImageFolder gives one channel only where all pictures are grey", async () => {
  await withFolder(async (folder) => {
    writePictures(`${folder}/a`, 6, () => pngBytes([77], small));
    writePictures(`${folder}/b`, 6, () => pngBytes([5, 5, 5], small));
    const grey = await readFolder(findImageFolder, folder);
    assertEquals([grey.channels, grey.augmentation.mirror], [1, false]);
    assertEquals([...new Set(grey.train.images)].sort((a, b) => a - b), [5, 77]);
    Deno.writeFileSync(`${folder}/b/5.png`, pngBytes([5, 5, 6], small));
    const colour = await readFolder(findImageFolder, folder);
    assertEquals([colour.channels, colour.augmentation.mirror], [3, true]);
  });
});

Deno.test("findImageFolder takes 32 x 32 where sizes differ, are large or not square, else the size asked for", async () => {
  const sizes = [[small, { width: 5, height: 5 }], [{ width: 65, height: 65 }], [{ width: 40, height: 20 }]];
  for (const variants of sizes) {
    await withFolder(async (folder) => {
      writePictures(`${folder}/a`, 6, (index) => pngBytes([1, 2, 3], variants[index % variants.length]));
      writePictures(`${folder}/b`, 6, () => pngBytes([4, 5, 6], variants[0]));
      const content = await readFolder(findImageFolder, folder);
      assertEquals([content.height, content.width], [32, 32]);
      assertEquals(new Set(content.train.images), new Set([1, 2, 3, 4, 5, 6]));
      const asked = await readFolder(findImageFolder, folder, readContext(folder, { imageSize: 8 }));
      assertEquals([asked.height, asked.width], [8, 8]);
    });
  }
});

Deno.test("findImageFolder says what it resizes and squeezes unless a size is asked for", async () => {
  const notes = async (sizes: { width: number; height: number }[], imageSize?: number) => {
    let lines: string[] = [];
    await withFolder(async (folder) => {
      for (const name of ["a", "b"]) {
        writePictures(`${folder}/${name}`, 6, (index) => pngBytes([1, 2, 3], sizes[index % sizes.length]));
      }
      const context = readContext(folder, { imageSize });
      await readFolder(findImageFolder, folder, context);
      lines = context.lines.map((line) => line.replace(folder, "F"));
    });
    return lines;
  };
  assertEquals(await notes([{ width: 24, height: 16 }]), [
    "F: 12 of 12 pictures are resized to 32 x 32, 12 of them squeezed, since they are not square; --image-size chooses another size",
  ]);
  assertEquals(await notes([{ width: 32, height: 32 }, { width: 80, height: 80 }]), [
    "F: 6 of 12 pictures are resized to 32 x 32; --image-size chooses another size",
  ]);
  assertEquals(await notes([{ width: 4, height: 4 }, { width: 5, height: 5 }]), [
    "F: 12 of 12 pictures are resized to 32 x 32; --image-size chooses another size",
  ]);
  assertEquals(await notes([small]), []);
  assertEquals(await notes([{ width: 24, height: 16 }], 16), []);
});

Deno.test("findImageFolder reads JPEG and tells its progress", async () => {
  await withFolder(async (folder) => {
    writePictures(`${folder}/a`, 5, () => jpegBytes([250, 10, 10], small), "jpg");
    writePictures(`${folder}/b`, 5, () => jpegBytes([10, 250, 10], small), "JPEG");
    const counts: number[] = [];
    const context = readContext(folder, { onProgress: ({ done, total }) => counts.push(done, total) });
    const { train } = await readFolder(findImageFolder, folder, context);
    assertEquals(counts.slice(-2), [10, 10]);
    for (let row = 0; row < train.count; row++) {
      const [red, green] = train.images.subarray(row * 48);
      assertEquals(red > 200 && green < 60, train.labels[row] === 0, `${red}, ${green}`);
    }
  });
});

Deno.test("findImageFolder keeps train and test folders apart, and says what it leaves out", async () => {
  await withFolder(async (folder) => {
    for (const part of ["train", "test", "val"]) {
      writePictures(`${folder}/${part}/a`, 5, () => pngBytes([1], small));
      writePictures(`${folder}/${part}/b`, part === "test" ? 2 : 5, () => pngBytes([2], small));
    }
    Deno.writeTextFileSync(`${folder}/train/a/notes.txt`, "");
    Deno.writeTextFileSync(`${folder}/train/a/.hidden.png`, "");
    const context = readContext(folder);
    const { train, test } = await readFolder(findImageFolder, folder, context);
    assertEquals([train.count, test.count], [10, 7]);
    assertEquals([...test.labels], [0, 0, 0, 0, 0, 1, 1]);
    assertEquals(context.lines, [
      `${folder}/train/a: left out 1 of 6 entries, not PNG or JPEG files`,
      `${folder}/val is not used, since ${folder}/test is the test part`,
    ]);
  });
});

Deno.test("findImageFolder's fingerprint follows the files", async () => {
  await withFolder((folder) => {
    writePictures(`${folder}/a`, 6, () => pngBytes([77], small));
    writePictures(`${folder}/b`, 6, () => pngBytes([5], small));
    const fingerprint = findImageFolder(folder)?.fingerprint;
    assert(fingerprint !== undefined);
    assertEquals(findImageFolder(folder)?.fingerprint, fingerprint);
    Deno.utimeSync(`${folder}/b/3.png`, 1, 1);
    assertNotEquals(findImageFolder(folder)?.fingerprint, fingerprint);
  });
});

Deno.test("findImageFolder names the picture or folder at fault, in one line", async () => {
  const faults: [string, (folder: string) => void][] = [
    ["/b/3.png: neither PNG nor JPEG inside", (folder) => Deno.writeTextFileSync(`${folder}/b/3.png`, "hello")],
    [
      "/b/3.png: cannot be decoded",
      (folder) => Deno.writeFileSync(`${folder}/b/3.png`, pngBytes([1], small).subarray(0, 50)),
    ],
    ["/c: this class has no PNG or JPEG file", (folder) => Deno.mkdirSync(`${folder}/c`)],
    [": 1 class, at least 2 are needed", (folder) => Deno.removeSync(`${folder}/b`, { recursive: true })],
    [": 9 images, at least 10 are needed", (folder) => {
      for (const index of [0, 1, 2]) Deno.removeSync(`${folder}/a/${index}.png`);
    }],
    ["/train: no sub-folder with PNG or JPEG files", (folder) => Deno.mkdirSync(`${folder}/train`)],
    ["/test: no sub-folder with PNG or JPEG files", (folder) => {
      writePictures(`${folder}/train/a`, 10, () => pngBytes([1], small));
      Deno.mkdirSync(`${folder}/test`);
    }],
    ["/val/z/0.png: its class is not in", (folder) => {
      writePictures(`${folder}/train/a`, 10, () => pngBytes([1], small));
      writePictures(`${folder}/val/z`, 1, () => pngBytes([1], small));
    }],
  ];
  for (const [fault, change] of faults) {
    await withFolder(async (folder) => {
      for (const name of ["a", "b"]) writePictures(`${folder}/${name}`, 6, () => pngBytes([1], small));
      change(folder);
      const { message } = await assertRejects(
        () => readFolder(findImageFolder, folder),
        Error,
        `${folder}${fault}`,
      );
      assert(!message.includes("\n"), message);
    });
  }
});

Deno.test("findImageFolder refuses what does not fit into memory", async () => {
  await withFolder(async (folder) => {
    for (const name of ["a", "b"]) writePictures(`${folder}/${name}`, 6, () => pngBytes([1], small));
    const context = readContext(folder, { imageSize: 8192 });
    await assertRejects(() => readFolder(findImageFolder, folder, context), Error, "take more than 2 GiB");
  });
});

Deno.test("findImageFolder leaves folders without pictures alone", async () => {
  await withFolder((folder) => {
    Deno.mkdirSync(`${folder}/a`);
    Deno.writeFileSync(`${folder}/lone.png`, pngBytes([1], small));
    assertStrictEquals(findImageFolder(folder), null);
    assertThrows(() => findImageFolder(`${folder}/none`), Deno.errors.NotFound, `${folder}/none`);
  });
});
