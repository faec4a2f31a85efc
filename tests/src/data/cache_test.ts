import { assert, assertEquals, assertNotEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { fileURLToPath } from "node:url";
import { openOrConvert } from "../../../src/data/cache.ts";
import { openDataset } from "../../../src/data/canonical_file.ts";
import type { FoundData } from "../../../src/data/source.ts";
import { listAll, readContext, sampleDataset, withFolder, writeIdxPair } from "./sample_files.ts";

/** Data that counts how often it is read. */
function sampleData(fingerprint: unknown = 1): FoundData & { reads: number } {
  const found = {
    fingerprint,
    reads: 0,
    read: () => {
      found.reads++;
      const { contentHash: _none, ...content } = sampleDataset();
      return Promise.resolve(content);
    },
  };
  return found;
}

Deno.test("openOrConvert converts once, then opens the file", async () => {
  await withFolder(async (folder) => {
    const found = sampleData();
    const first = await openOrConvert("my pictures", found, `${folder}/new/cache`, readContext(folder));
    const second = await openOrConvert("my pictures", found, `${folder}/new/cache`, readContext(folder));
    assertEquals(found.reads, 1);
    assertEquals(second, first);
    assertEquals(await openDataset(first.file), first.dataset);
    assert(/\/my_pictures-[0-9a-f]{16}\.dataset$/.test(first.file), first.file);
    assertEquals(listAll(`${folder}/new/cache`).length, 1);
  });
});

Deno.test("openOrConvert reads again when the fingerprint or the image size changes", async () => {
  await withFolder(async (folder) => {
    const prepare = (fingerprint: unknown, imageSize?: number) =>
      openOrConvert("a", sampleData(fingerprint), folder, readContext(folder, { imageSize }));
    const first = await prepare(1);
    assertNotEquals((await prepare(2)).file, first.file);
    const half = await prepare(1, 2);
    assertNotEquals(half.file, first.file);
    assertEquals([half.dataset.height, half.dataset.width, half.dataset.train.images.length], [2, 2, 12 * 4]);
    const [a, b, e, f] = [0, 1, 4, 5].map((index) => first.dataset.train.images[index]);
    assertEquals(half.dataset.train.images[0], Math.round((a + b + e + f) / 4));
  });
});

Deno.test("openOrConvert makes a damaged file again, and says so", async () => {
  await withFolder(async (folder) => {
    const found = sampleData();
    const { file, dataset } = await openOrConvert("a", found, folder, readContext(folder));
    Deno.truncateSync(file, 300);
    const context = readContext(folder);
    assertEquals(await openOrConvert("a", found, folder, context), { file, dataset });
    assertEquals(found.reads, 2);
    assertEquals(context.lines.length, 1);
    assert(context.lines[0].startsWith(`${file}: `) && context.lines[0].endsWith("; it is made again"));
    assertEquals(await openDataset(file), dataset);
  });
});

Deno.test("openOrConvert leaves nothing behind when reading fails or is aborted", async () => {
  await withFolder(async (folder) => {
    const fault = new Error("/some/file: damaged");
    const failing = { fingerprint: 1, read: () => Promise.reject(fault) };
    assertStrictEquals(
      await assertRejects(() => openOrConvert("a", failing, folder, readContext(folder))),
      fault,
    );
    const controller = new AbortController();
    const aborting: FoundData = {
      fingerprint: 1,
      read: (context) => {
        controller.abort(fault);
        return sampleData().read(context);
      },
    };
    const context = readContext(folder, { signal: controller.signal });
    assertStrictEquals(await assertRejects(() => openOrConvert("a", aborting, folder, context)), fault);
    assertEquals(listAll(folder), []);
  });
});

Deno.test("openOrConvert names a folder that cannot be made", async () => {
  await withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    const { message } = await assertRejects(() =>
      openOrConvert("a", sampleData(), `${folder}/file/cache`, readContext(folder))
    );
    assert(message.includes(`${folder}/file/cache`) && !message.includes("\n"), message);
  });
});

Deno.test("openOrConvert removes what processes that died long ago left, and nothing else", async () => {
  await withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/.old.part`, "");
    Deno.mkdirSync(`${folder}/.oldfolder.part/inside`, { recursive: true });
    Deno.writeTextFileSync(`${folder}/.new.part`, "");
    Deno.writeTextFileSync(`${folder}/old.txt`, "");
    for (const name of [".old.part", ".oldfolder.part", "old.txt"]) Deno.utimeSync(`${folder}/${name}`, 1, 1);
    const { file } = await openOrConvert("a", sampleData(), folder, readContext(folder));
    assertEquals(listAll(folder), [".new.part", file.slice(folder.length + 1), "old.txt"]);
  });
});

const script = fileURLToPath(import.meta.resolve("./prepare_process.ts"));

function spawn(command: string, args: string[]): Deno.ChildProcess {
  return new Deno.Command(command, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
}

const prepareArguments = (data: string, cache: string) => ["run", "-A", "--no-check", script, data, cache];

Deno.test("two processes that prepare one dataset at once do no harm to each other", async () => {
  await withFolder(async (folder) => {
    writeIdxPair(folder, "train", { count: 1000 });
    const outputs = await Promise.all(
      [1, 2].map(() => spawn(Deno.execPath(), prepareArguments(folder, folder)).output()),
    );
    const [first, second] = outputs.map(({ stdout }) => new TextDecoder().decode(stdout).trim());
    assertEquals(outputs.map(({ code }) => code), [0, 0]);
    assertEquals(first, second);
    assertEquals((await openDataset(first)).train.count, 800);
    assertEquals(listAll(`${folder}/datasets`).length, 1);
  });
});

Deno.test("a process that is killed leaves no half-written dataset", async () => {
  await withFolder(async (folder) => {
    writeIdxPair(folder, "train", { count: 20_000, side: 28, gzip: false });
    for (const delayMs of [100, 200, 300, 400]) {
      const child = spawn(Deno.execPath(), prepareArguments(folder, folder));
      const timer = setTimeout(() => {
        try {
          child.kill("SIGKILL");
        } catch { /* It was done before. */ }
      }, delayMs);
      await child.output();
      clearTimeout(timer);
      for (const name of listAll(`${folder}/datasets`)) {
        if (!name.startsWith(".")) assertEquals((await openDataset(`${folder}/datasets/${name}`)).train.count, 16_000);
      }
    }
    const { code, stdout } = await spawn(Deno.execPath(), prepareArguments(folder, folder)).output();
    assertEquals(code, 0);
    assertEquals((await openDataset(new TextDecoder().decode(stdout).trim())).test.count, 4000);
  });
});

// A limit on the size of files makes a write fail half-way, as a full disk does.
Deno.test({
  name: "a write that fails half-way is one line and leaves nothing behind",
  ignore: Deno.build.os === "windows",
  fn: async () => {
    await withFolder(async (folder) => {
      writeIdxPair(folder, "train", { count: 50_000, side: 28, gzip: false });
      const { code, stderr } = await spawn("sh", [
        "-c",
        `trap '' XFSZ; ulimit -f 40000; exec "$@"`,
        "sh",
        Deno.execPath(),
        ...prepareArguments(folder, folder),
      ]).output();
      const lines = new TextDecoder().decode(stderr).trim().split("\n");
      assertEquals(code, 1);
      assertEquals(lines.length, 1, lines.join("\n"));
      assert(lines[0].startsWith(`cannot write ${folder}/datasets/`), lines[0]);
      assertEquals(listAll(`${folder}/datasets`), []);
    });
  },
});
