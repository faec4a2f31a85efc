import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { logitBlock, LogitCache } from "../../../src/data/logit_cache.ts";

async function withCache(run: (cache: LogitCache) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(new LogitCache(`${folder}/logits`, { classes: 2, trainCount: logitBlock + 3 }));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function blockOf(cache: LogitCache, block: number): Float32Array {
  const { start, end } = cache.range(block);
  return Float32Array.from({ length: 2 * (end - start) }, (_, index) => 2 * start + index);
}

Deno.test("the cache says which blocks are missing, and reads back what was written", () =>
  withCache(async (cache) => {
    assertEquals(cache.missing(2, 10), [{ view: 0, block: 0 }, { view: 1, block: 0 }]);
    assertEquals(cache.missing(1, 1e9), [{ view: 0, block: 0 }, { view: 0, block: 1 }]);
    await cache.write({ view: 0, block: 0 }, blockOf(cache, 0));
    await cache.write({ view: 0, block: 1 }, blockOf(cache, 1));
    assertEquals(cache.missing(1, 1e9), []);
    const images = logitBlock + 2;
    assertEquals(await cache.read(0, images), Float32Array.from({ length: 2 * images }, (_, index) => index));
    assertEquals([...await cache.read(0, 2)], [0, 1, 2, 3]);
  }));

Deno.test("a cut-off block counts as missing and is not read", () =>
  withCache(async (cache) => {
    await cache.write({ view: 0, block: 0 }, blockOf(cache, 0));
    await Deno.truncate(`${cache.folder}/view0-block0.f32`, 8);
    assertEquals(cache.missing(1, 5), [{ view: 0, block: 0 }]);
    await assertRejects(() => cache.read(0, 5), Error, "damaged logits");
  }));

Deno.test("a block of the wrong size is refused, and nothing is left behind", () =>
  withCache(async (cache) => {
    await assertRejects(() => cache.write({ view: 0, block: 1 }, new Float32Array(4)), RangeError, "24 bytes, got 16");
    assertThrows(() => Deno.statSync(cache.folder), Deno.errors.NotFound);
  }));
