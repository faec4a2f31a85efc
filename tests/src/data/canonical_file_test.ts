import { assertEquals, assertNotEquals, assertRejects, assertThrows } from "@std/assert";
import { decodeDataset, encodeDataset, openDataset } from "../../../src/data/canonical_file.ts";
import { sampleDataset, withFolder } from "./sample_files.ts";

function sampleContent() {
  const { contentHash: _none, ...content } = sampleDataset({ channels: 3 });
  return content;
}

Deno.test("openDataset gives back what was encoded", async () => {
  await withFolder(async (folder) => {
    const content = sampleContent();
    Deno.writeFileSync(`${folder}/a.dataset`, encodeDataset(content));
    const { contentHash, ...opened } = await openDataset(`${folder}/a.dataset`);
    assertEquals(opened, content);
    assertEquals(contentHash.length, 64);
  });
});

Deno.test("the content hash follows pixels, labels and shape, but not names", () => {
  const hashOf = (change: (content: ReturnType<typeof sampleContent>) => void) => {
    const content = sampleContent();
    change(content);
    return decodeDataset(encodeDataset(content), "a").contentHash;
  };
  const original = hashOf(() => {});
  assertEquals(hashOf((content) => content.name = content.source = "other"), original);
  assertNotEquals(hashOf((content) => content.train.images[5]++), original);
  assertNotEquals(hashOf((content) => content.test.labels[0] = 2), original);
  assertNotEquals(hashOf((content) => [content.height, content.width] = [2, 8]), original);
});

Deno.test("encodeDataset refuses parts that do not match the shape", () => {
  const content = sampleContent();
  content.test.labels[1] = 3;
  assertThrows(() => encodeDataset(content), RangeError, `dataset "sample": label 3 is out of range for 3 classes`);
  assertThrows(() => encodeDataset({ ...sampleContent(), height: 5 }), RangeError, "576 bytes of images, expected 12");
});

Deno.test("decodeDataset names the file and the fault", () => {
  const bytes = encodeDataset(sampleContent());
  const faults: [string, Uint8Array<ArrayBuffer>][] = [
    ["not a dataset file of Nacre", new TextEncoder().encode("hello\n")],
    ["not a dataset file of Nacre", new Uint8Array(0)],
    ["bytes of labels and pixels, but its header asks for", bytes.slice(0, -1)],
    ["damaged, its content hash is", bytes.map((byte, index) => index === bytes.length - 1 ? byte ^ 1 : byte)],
    ["the header is not JSON", new TextEncoder().encode(`{"format":"nacre-dataset",\n`)],
    ["wrong header, version", new TextEncoder().encode(`{"format":"nacre-dataset","version":0}\n`)],
  ];
  for (const [fault, damaged] of faults) {
    const { message } = assertThrows(() => decodeDataset(damaged, "/some/file"), Error, fault);
    assertEquals(message.startsWith("/some/file: "), true, message);
    assertEquals(message.includes("\n"), false, message);
  }
});

Deno.test("openDataset says that a file is missing", async () => {
  await assertRejects(() => openDataset("/nowhere/a.dataset"), Deno.errors.NotFound, "/nowhere/a.dataset");
});
