import { assert, assertEquals, assertRejects } from "@std/assert";
import { DataUnavailableError, type FoundData, UnusableDataError } from "../../../src/data/source.ts";
import { type DatasetName, namedSources, prepareDataset } from "../../../src/data/table.ts";
import { testWith } from "../../require.ts";
import { pngBytes, sampleDataset, withFolder, writeIdxPair, writePictures } from "./sample_files.ts";

const small = { width: 4, height: 4 };

function sampleData(name: string): FoundData {
  const { contentHash: _none, ...content } = sampleDataset();
  return { fingerprint: name, read: () => Promise.resolve({ ...content, name }) };
}

/** The table with made-up data, `fashion-mnist` as given. */
function sampleSources(fashionMnist: FoundData) {
  return {
    "mnist": () => sampleData("mnist"),
    "fashion-mnist": () => fashionMnist,
    "cifar10": () => sampleData("cifar10"),
  };
}

for (const name of Object.keys(namedSources) as DatasetName[]) {
  Deno.test(`the source ${name} is found, with a fingerprint that stays`, async () => {
    const [first, second] = [await namedSources[name](), await namedSources[name]()];
    assert(JSON.stringify(first.fingerprint).length > 10);
    assertEquals(second.fingerprint, first.fingerprint);
  });
}

Deno.test("prepareDataset recognises each kind of folder and names the dataset after it", async () => {
  const kinds: ((folder: string) => void)[] = [
    (folder) => writeIdxPair(folder, "train", { count: 20 }),
    (folder) => {
      for (const name of ["a", "b"]) writePictures(`${folder}/${name}`, 10, () => pngBytes([1], small));
    },
    (folder) => {
      const batch = new Uint8Array(3073 * 20);
      Deno.writeFileSync(`${folder}/data_batch_1.bin`, batch);
      Deno.writeFileSync(`${folder}/test_batch.bin`, batch);
    },
  ];
  for (const write of kinds) {
    await withFolder(async (folder) => {
      Deno.mkdirSync(`${folder}/things`);
      write(`${folder}/things`);
      const { file, dataset } = await prepareDataset(`${folder}/things/`, { cacheDir: `${folder}/cache` });
      assertEquals(dataset.name, "things");
      assert(dataset.train.count >= 16 && dataset.test.count >= 4);
      assert(file.startsWith(`${folder}/cache/datasets/things-`), file);
    });
  }
});

Deno.test("prepareDataset converts a folder again when one of its files changes", async () => {
  await withFolder(async (folder) => {
    writeIdxPair(folder, "train", { count: 20 });
    const before = await prepareDataset(folder, { cacheDir: `${folder}/cache` });
    writeIdxPair(folder, "train", { count: 30 });
    const after = await prepareDataset(folder, { cacheDir: `${folder}/cache` });
    assertEquals([before.dataset.train.count, after.dataset.train.count], [16, 24]);
  });
});

Deno.test("prepareDataset says what is allowed for a name that is neither known nor a folder", async () => {
  await withFolder(async (folder) => {
    Deno.writeTextFileSync(`${folder}/file`, "");
    for (const name of ["imagenet", `${folder}/file`, `${folder}/none`, "toString"]) {
      const { message } = await assertRejects(() => prepareDataset(name, { cacheDir: `${folder}/cache` }));
      assertEquals(
        message,
        `dataset "${name}" is neither a folder nor known; allowed are auto, mnist, fashion-mnist, cifar10 and the path ` +
          "of a folder",
      );
    }
  });
});

Deno.test("prepareDataset says what an empty folder lacks", async () => {
  await withFolder(async (folder) => {
    const { message } = await assertRejects(() => prepareDataset(folder, { cacheDir: `${folder}/.cache` }));
    assert(message.startsWith(`${folder}: no dataset in this folder; it needs train-images-idx3-ubyte`), message);
    assert(!message.includes("\n"), message);
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("auto is Fashion-MNIST where it can be had, and says so", async () => {
  await withFolder(async (folder) => {
    const lines: string[] = [];
    const options = { cacheDir: folder, log: (line: string) => lines.push(line) };
    const { dataset } = await prepareDataset("auto", options, sampleSources(sampleData("fashion-mnist")));
    assertEquals(dataset.name, "fashion-mnist");
    assertEquals(lines, ["Dataset auto: Fashion-MNIST, from made up."]);
  });
});

Deno.test("auto is MNIST where Fashion-MNIST cannot be had, and says why", async () => {
  await withFolder(async (folder) => {
    const lines: string[] = [];
    const options = { cacheDir: folder, log: (line: string) => lines.push(line) };
    const unavailable = { fingerprint: 0, read: () => Promise.reject(new DataUnavailableError("no network")) };
    const { dataset } = await prepareDataset("auto", options, sampleSources(unavailable));
    assertEquals(dataset.name, "mnist");
    assertEquals(lines, ["Dataset auto: MNIST, since no network"]);
  });
});

Deno.test("auto does not hide that Fashion-MNIST is there but damaged", async () => {
  await withFolder(async (folder) => {
    const damaged = { fingerprint: 0, read: () => Promise.reject(new Error("/some/file: damaged")) };
    await assertRejects(
      () => prepareDataset("auto", { cacheDir: folder, log: () => {} }, sampleSources(damaged)),
      Error,
      "/some/file: damaged",
    );
  });
});

await testWith({
  name: "prepareDataset opens Fashion-MNIST from its cached file, unchanged",
  needs: "fashion-mnist",
  fn: async () => {
    await withFolder(async (folder) => {
      const first = await prepareDataset("fashion-mnist", { cacheDir: folder });
      const second = await prepareDataset("fashion-mnist", { cacheDir: folder });
      assertEquals(second.file, first.file);
      for (const { dataset } of [first, second]) {
        assertEquals(dataset.contentHash, "5cfff67341f3d0f97c0431bf5ca27fee2a37e8947f8d15183d10cbd0a002ee65");
      }
    });
  },
});

Deno.test("a name that is nothing, and a folder that is no dataset, are the user's to put right; a lack of network is not", async () => {
  await withFolder(async (folder) => {
    const prepare = (name: string) => () => prepareDataset(name, { cacheDir: `${folder}/cache` });
    await assertRejects(prepare(`${folder}/nowhere`), UnusableDataError, "is neither a folder nor known");
    Deno.mkdirSync(`${folder}/empty`);
    await assertRejects(prepare(`${folder}/empty`), UnusableDataError, "no dataset in this folder");
    writePictures(`${folder}/one/cats`, 20, () => pngBytes([1], small));
    await assertRejects(prepare(`${folder}/one`), UnusableDataError, "1 class, at least 2 are needed");
  });
  await withFolder(async (folder) => {
    const abort = new AbortController();
    abort.abort(new Error("stopped"));
    for (const name of ["a", "b"]) writePictures(`${folder}/things/${name}`, 10, () => pngBytes([1], small));
    const stopped = () => prepareDataset(`${folder}/things`, { cacheDir: `${folder}/cache`, signal: abort.signal });
    const error = await assertRejects(stopped, Error, "stopped");
    assert(!(error instanceof UnusableDataError));
    const amid = new AbortController();
    const reading = prepareDataset(`${folder}/things`, {
      cacheDir: `${folder}/cache`,
      signal: amid.signal,
      onProgress: () => amid.abort(new Error("stopped")),
    });
    assertEquals(await reading.catch((error) => error), amid.signal.reason);
  });
});
