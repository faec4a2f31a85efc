import { assert, assertEquals } from "@std/assert";
import { type Asset, loadAssets } from "../../../devices/server/assets.ts";

async function bytesOf(asset: Asset | undefined): Promise<Uint8Array> {
  assert(asset);
  return await new Response(await asset.open()).bytes();
}

async function textOf(asset: Asset | undefined): Promise<string> {
  return new TextDecoder().decode(await bytesOf(asset));
}

Deno.test("the page's files are bundled once, and served with what its runtimes need", async (test) => {
  const dataDir = await Deno.makeTempDir({ prefix: "nacre assets " });
  const outdated = `${dataDir}/cache/page/making-outdated`;
  try {
    await Deno.mkdir(outdated, { recursive: true });
    await Deno.utime(outdated, 0, 0);
    const assets = await loadAssets({ dataDir });

    await test.step("the page's own script holds no runtime, and the runtimes' modules hold one family each", async () => {
      const [page, tfjs, onnxruntime] = await Promise.all(
        ["/page.js", "/runtimes/tfjs.js", "/runtimes/onnxruntime.js"].map((path) => textOf(assets.get(path))),
      );
      const marks = ["WEBGPU_CPU_FORWARD", "ort-wasm-simd-threaded.asyncify.wasm"];
      assertEquals([page, tfjs, onnxruntime].map((text) => marks.map((mark) => text.includes(mark))), [
        [false, false],
        [true, false],
        [false, true],
      ]);
      assert(page.length < 700_000, `page.js has ${page.length} characters`);
    });

    await test.step("every asset has a type, a tag and as many bytes as it says", async () => {
      const tags = new Set<string>();
      for (const [path, asset] of assets) {
        assert(asset.type !== "application/octet-stream", path);
        assert(/^"[\w-]+"$/.test(asset.etag), asset.etag);
        tags.add(asset.etag);
        const bytes = await bytesOf(asset);
        assertEquals([path, bytes.length], [path, asset.bytes]);
        assert(bytes.length > 0);
        if (path.endsWith(".wasm")) assertEquals([...bytes.subarray(0, 4)], [0, 97, 115, 109]);
        if (!asset.gzip) continue;
        const unpacked = new Blob([asset.gzip]).stream().pipeThrough(new DecompressionStream("gzip"));
        assertEquals(await new Response(unpacked).bytes(), bytes);
      }
      assertEquals(tags.size, assets.size);
      assertEquals(["/", "/page.css", "/icon.svg"].map((path) => assets.has(path)), [true, true, true]);
    });

    await test.step("the files that runtimes ask for by name are there", () => {
      const names = [
        "tfjs-backend-wasm.wasm",
        "tfjs-backend-wasm-simd.wasm",
        "tfjs-backend-wasm-threaded-simd.wasm",
        "tfjs-backend-wasm-threaded-simd.js",
        "tfjs-backend-wasm-threaded-simd.worker.js",
        "ort-wasm-simd-threaded.mjs",
        "ort-wasm-simd-threaded.wasm",
        "ort-wasm-simd-threaded.asyncify.mjs",
        "ort-wasm-simd-threaded.asyncify.wasm",
      ];
      assertEquals(names.filter((name) => !assets.has(`/runtimes/${name}`)), []);
    });

    await test.step("the worker of tfjs is a script that a browser can read", async () => {
      const text = await textOf(assets.get("/runtimes/tfjs-backend-wasm-threaded-simd.worker.js"));
      assert(text.includes("urlOrBlob"));
      // Throws a SyntaxError otherwise.
      new Function(text);
    });

    await test.step("a second start takes them from the cache, and clears up what is outdated", async () => {
      const folders = () => Array.from(Deno.readDirSync(`${dataDir}/cache/page`), ({ name }) => name);
      const [kept, ...others] = folders();
      assertEquals(others, []);
      const file = `${dataDir}/cache/page/${kept}/page.js`;
      await Deno.writeTextFile(file, "// from the cache");
      assertEquals(await textOf((await loadAssets({ dataDir })).get("/page.js")), "// from the cache");
      assertEquals(folders(), [kept]);
    });
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});
