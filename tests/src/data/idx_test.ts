import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { gzipSync } from "node:zlib";
import { parseIdxPair, readPlainOrGzip } from "../../../src/data/idx.ts";
import { idxBytes, withFolder } from "./sample_files.ts";

const images = { file: "/data/images", bytes: idxBytes([2, 1, 3], [1, 2, 3, 4, 5, 6]) };
const labels = { file: "/data/labels", bytes: idxBytes([2], [1, 0]) };

Deno.test("parseIdxPair reads grey images, and colour ones with channels last", () => {
  assertEquals(parseIdxPair(images, labels), {
    count: 2,
    height: 1,
    width: 3,
    channels: 1,
    images: Uint8Array.of(1, 2, 3, 4, 5, 6),
    labels: Uint16Array.of(1, 0),
  });
  const colour = parseIdxPair({ ...images, bytes: idxBytes([2, 1, 1, 3], [1, 2, 3, 4, 5, 6]) }, labels);
  assertEquals([colour.width, colour.channels], [1, 3]);
});

Deno.test("parseIdxPair names the file and the fault", () => {
  const faults: [string, { images?: Uint8Array; labels?: Uint8Array }][] = [
    ["/data/images: the magic number is 0x00000801, expected 0x00000803 or 0x00000804", { images: labels.bytes }],
    ["/data/labels: the magic number is 0x00000803, expected 0x00000801", { labels: images.bytes }],
    ["/data/images: the magic number is missing (2 bytes)", { images: Uint8Array.of(0, 0) }],
    ["/data/images: 10 bytes, too short for its header", { images: images.bytes.subarray(0, 10) }],
    ["/data/images: 21 bytes, but its sizes 2 x 1 x 3 need 22", { images: images.bytes.subarray(0, 21) }],
    ["/data/labels: 3 labels, but /data/images has 2 images", { labels: idxBytes([3], [0, 1, 0]) }],
    ["/data/images: empty, its sizes are 0 x 4 x 4", { images: idxBytes([0, 4, 4], []) }],
    ["/data/images: 5 channels (the last size), at most 4", { images: idxBytes([2, 1, 1, 5], new Array(10).fill(0)) }],
  ];
  for (const [fault, { images: imageBytes, labels: labelBytes }] of faults) {
    assertThrows(
      () =>
        parseIdxPair({ ...images, bytes: imageBytes ?? images.bytes }, {
          ...labels,
          bytes: labelBytes ?? labels.bytes,
        }),
      Error,
      fault,
    );
  }
});

Deno.test("readPlainOrGzip decompresses by name and names a gzip file that is damaged", async () => {
  await withFolder(async (folder) => {
    const packed = gzipSync(images.bytes);
    Deno.writeFileSync(`${folder}/a`, images.bytes);
    Deno.writeFileSync(`${folder}/a.gz`, packed);
    Deno.writeFileSync(`${folder}/cut.gz`, packed.subarray(0, packed.length - 9));
    Deno.writeFileSync(`${folder}/no.gz`, images.bytes);
    assertEquals([...(await readPlainOrGzip(`${folder}/a`)).bytes], [...images.bytes]);
    assertEquals([...(await readPlainOrGzip(`${folder}/a.gz`)).bytes], [...images.bytes]);
    await assertRejects(() => readPlainOrGzip(`${folder}/cut.gz`), Error, `${folder}/cut.gz: not a whole gzip file`);
    await assertRejects(() => readPlainOrGzip(`${folder}/no.gz`), Error, `${folder}/no.gz: not a whole gzip file`);
    await assertRejects(() => readPlainOrGzip(`${folder}/b`), Error, `${folder}/b`);
  });
});
