import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { DataUnavailableError } from "../../../../src/data/source.ts";
import { type FashionMnistOptions, findFashionMnist } from "../../../../src/data/sources/fashion_mnist.ts";
import { testWith } from "../../../require.ts";
import { readContext, withFolder, writeIdxPair } from "../sample_files.ts";

/** Options for a small copy in `folder`, made there, that is served by `hosts`. */
function writeSmallCopy(folder: string, hosts: string[] = []): FashionMnistOptions {
  writeIdxPair(folder, "train", { count: 20, classes: 10 });
  writeIdxPair(folder, "t10k", { count: 10, classes: 10 });
  const sha256 = (name: string) =>
    createHash("sha256").update(gunzipSync(Deno.readFileSync(`${folder}/${name}.gz`))).digest("hex");
  return {
    folder,
    hosts,
    sha256: {
      trainImages: sha256("train-images-idx3-ubyte"),
      trainLabels: sha256("train-labels-idx1-ubyte"),
      testImages: sha256("t10k-images-idx3-ubyte"),
      testLabels: sha256("t10k-labels-idx1-ubyte"),
    },
  };
}

async function withFileServer(folder: string, body: (host: string) => Promise<void>): Promise<void> {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, async (request) => {
    try {
      return new Response(await Deno.readFile(folder + new URL(request.url).pathname));
    } catch {
      return new Response("not here", { status: 404 });
    }
  });
  try {
    await body(`http://127.0.0.1:${server.addr.port}/`);
  } finally {
    await server.shutdown();
  }
}

await testWith({
  name: "findFashionMnist reads Debian's files, whose hashes are the pinned ones",
  needs: "fashion-mnist",
  fn: async () => {
    const { train, test, source, ...rest } = await findFashionMnist().read(readContext("/nowhere"));
    assertEquals([train.count, test.count, rest.height, rest.width, rest.channels], [60_000, 10_000, 28, 28, 1]);
    assertEquals([...train.labels.subarray(0, 5)], [9, 0, 0, 3, 0]);
    assert(source.startsWith("Debian"), source);
  },
});

Deno.test("findFashionMnist takes the folder where there is one", async () => {
  await withFolder(async (folder) => {
    const { train, source } = await findFashionMnist(writeSmallCopy(folder)).read(readContext(folder));
    assertEquals([train.count, source], [20, `Debian's dataset-fashion-mnist (${folder})`]);
  });
});

Deno.test("findFashionMnist names a file of the folder that is damaged, missing or another", async () => {
  const faults: [string, (path: string) => void][] = [
    ["not a whole gzip file", (path) => Deno.writeFileSync(path, Deno.readFileSync(path).subarray(0, 30))],
    ["its content has SHA-256", (path) => Deno.writeFileSync(path, gzipSync(Uint8Array.of(1, 2)))],
    ["", (path) => Deno.removeSync(path)],
  ];
  for (const [fault, damage] of faults) {
    await withFolder(async (folder) => {
      const options = writeSmallCopy(folder);
      const path = `${folder}/t10k-images-idx3-ubyte.gz`;
      damage(path);
      const { message } = await assertRejects(() => findFashionMnist(options).read(readContext(folder)), Error, fault);
      assert(message.includes(path), message);
      assert(!message.includes("\n"), message);
    });
  }
});

Deno.test("findFashionMnist downloads where there is no folder, from the next host where one has something else", async () => {
  await withFolder(async (folder) => {
    const { sha256 } = writeSmallCopy(folder);
    await withFolder(async (otherFolder) => {
      writeIdxPair(otherFolder, "train", { count: 30, classes: 10 });
      await withFileServer(otherFolder, async (wrongHost) => {
        await withFileServer(folder, async (host) => {
          const options = { folder: `${folder}/none`, hosts: [wrongHost, host], sha256 };
          const labels = new Set<string>();
          const context = readContext(folder, { onProgress: ({ label }) => labels.add(label) });
          const { train, test, source } = await findFashionMnist(options).read(context);
          assertEquals([train.count, test.count, source], [20, 10, `downloaded from ${host}`]);
          assert(labels.has("Downloading Fashion-MNIST t10k-labels-idx1-ubyte.gz"), [...labels].join());
        });
      });
    });
  });
});

Deno.test("findFashionMnist says in one line what each host answered", async () => {
  await withFolder(async (folder) => {
    const { sha256 } = writeSmallCopy(folder);
    await withFolder(async (emptyFolder) => {
      await withFileServer(emptyFolder, async (host) => {
        const options = { folder: `${folder}/none`, hosts: [host], sha256 };
        const { message } = await assertRejects(
          () => findFashionMnist(options).read(readContext(folder)),
          DataUnavailableError,
          `${host}train-images-idx3-ubyte.gz: HTTP status 404`,
        );
        assert(message.includes(`${folder}/none`) && !message.includes("\n"), message);
      });
    });
  });
});
