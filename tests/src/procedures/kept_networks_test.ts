import { assertEquals, assertRejects } from "@std/assert";
import { startWasmEngine } from "../../../src/engine/wasm/engine.ts";
import { initialiseWeights } from "../../../src/models/weights.ts";
import { ensureNetworks, networkKey } from "../../../src/procedures/kept_networks.ts";
import { barContext, tiny } from "./bars.ts";

const engine = await startWasmEngine();
const networkOf = (seed: number) => ({ architecture: tiny, weights: initialiseWeights(tiny, seed) });

async function inFolder(use: (cacheDir: string) => Promise<void>): Promise<void> {
  const cacheDir = await Deno.makeTempDir();
  try {
    await use(cacheDir);
  } finally {
    await Deno.remove(cacheDir, { recursive: true });
  }
}

Deno.test("networks are made once, and read as they were made", () =>
  inFolder(async (cacheDir) => {
    const made = [networkOf(1), networkOf(2)];
    const first = await ensureNetworks({ cacheDir }, ["a", "b"], () => Promise.resolve(made));
    assertEquals(first, { networks: made, cached: false });
    const second = await ensureNetworks({ cacheDir }, ["a", "b"], () => Promise.reject(new Error("made again")));
    assertEquals(second, { networks: made, cached: true });
  }));

Deno.test("where one of several is damaged or missing, all are made again", () =>
  inFolder(async (cacheDir) => {
    const make = (seed: number) => () => Promise.resolve([networkOf(seed), networkOf(seed + 1)]);
    await ensureNetworks({ cacheDir }, ["a", "b"], make(1));
    await Deno.writeTextFile(`${cacheDir}/networks/b.safetensors`, "damaged");
    const lines: string[] = [];
    const again = await ensureNetworks({ cacheDir, log: (line) => lines.push(line) }, ["a", "b"], make(3));
    assertEquals(again.cached, false);
    assertEquals(lines.length, 1);
    await Deno.remove(`${cacheDir}/networks/a.safetensors`);
    assertEquals((await ensureNetworks({ cacheDir }, ["a", "b"], make(5))).cached, false);
    assertEquals((await ensureNetworks({ cacheDir }, ["a", "b"], make(7))).networks, [networkOf(5), networkOf(6)]);
  }));

Deno.test("networks of before a time are made again, those made since are not", () =>
  inFolder(async (cacheDir) => {
    const make = (seed: number) => () => Promise.resolve([networkOf(seed), networkOf(seed + 1)]);
    await ensureNetworks({ cacheDir }, ["a", "b"], make(1));
    const freshSince = Date.now() - 60_000;
    await Deno.utime(`${cacheDir}/networks/b.safetensors`, new Date(0), new Date(freshSince - 1));
    const again = await ensureNetworks({ cacheDir, freshSince }, ["a", "b"], make(3));
    assertEquals(again, { networks: [networkOf(3), networkOf(4)], cached: false });
    assertEquals((await ensureNetworks({ cacheDir, freshSince }, ["a", "b"], make(5))).cached, true);
    const later = { cacheDir, freshSince: Date.now() + 60_000 };
    assertEquals((await ensureNetworks(later, ["a", "b"], make(7))).cached, false);
  }));

Deno.test("of two that want a network at once one makes it and the other waits, until aborted", () =>
  inFolder(async (cacheDir) => {
    let made = 0;
    const { promise: waited, resolve: waits } = Promise.withResolvers<void>();
    const make = () => {
      // Two that make it, against the rule, do not wait for each other.
      if (++made > 1) waits();
      return waited.then(() => [networkOf(1)]);
    };
    const start = () => ensureNetworks({ cacheDir }, ["a"], make, waits);
    const both = await Promise.all([start(), start()]);
    assertEquals([made, both.filter(({ cached }) => cached).length], [1, 1]);

    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { promise: enough, resolve: end } = Promise.withResolvers<void>();
    const slow = ensureNetworks({ cacheDir }, ["b"], () => (begin(), enough.then(() => [networkOf(2)])));
    await begun;
    const abort = new AbortController();
    const waiting = () =>
      ensureNetworks(
        { cacheDir, signal: abort.signal },
        ["b"],
        () => Promise.resolve([networkOf(2)]),
        () => abort.signal.aborted ? end() : abort.abort(new Error("enough")),
      );
    await assertRejects(waiting, Error, "enough");
    end();
    await slow;
  }));

Deno.test("a making that fails leaves nothing, and the next one may try", () =>
  inFolder(async (cacheDir) => {
    await assertRejects(
      () => ensureNetworks({ cacheDir }, ["a"], () => Promise.reject(new Error("diverged"))),
      Error,
      "diverged",
    );
    assertEquals((await ensureNetworks({ cacheDir }, ["a"], () => Promise.resolve([networkOf(1)]))).cached, false);
  }));

Deno.test("without a folder networks are made each time", async () => {
  for (const seed of [1, 2]) {
    const { networks, cached } = await ensureNetworks({}, ["a"], () => Promise.resolve([networkOf(seed)]));
    assertEquals([networks, cached], [[networkOf(seed)], false]);
  }
});

Deno.test("a key is that of data, budget and recipe, not of the student", () => {
  const context = barContext(engine);
  const key = networkKey(context, { epochs: 2 });
  assertEquals(networkKey({ ...context, seed: 99, architecture: { ...tiny, classes: 4 } }, { epochs: 2 }), key);
  assertEquals(networkKey({ ...context, data: { ...context.data, rendering: "plain" } }, { epochs: 2 }), key);
  // More images than there are, are all that there are.
  const all = { ...context, trainImages: context.data.train.length };
  assertEquals(networkKey({ ...all, trainImages: 1e6 }, {}), networkKey(all, {}));
});

Deno.test("each thing that a kept network depends on changes its key", () => {
  const context = barContext(engine);
  const { data } = context;
  const { dataset } = data;
  const withData = (changes: Partial<typeof data>) => networkKey({ ...context, data: { ...data, ...changes } }, {});
  const keys: Record<string, string> = {
    itself: networkKey(context, {}),
    recipe: networkKey(context, { epochs: 3 }),
    trainImages: networkKey({ ...context, trainImages: 100 }, {}),
    batchSize: networkKey({ ...context, batchSize: 20 }, {}),
    views: networkKey({ ...context, views: 2 }, {}),
    peakLearningRate: networkKey({ ...context, peakLearningRate: 0.5 }, {}),
    dataSeed: withData({ seed: 2 }),
    validation: withData({ validation: data.validation.subarray(1) }),
    dataset: withData({ dataset: { ...dataset, contentHash: "other" } }),
    augmentation: withData({ dataset: { ...dataset, augmentation: { ...dataset.augmentation, shift: 3 } } }),
    inverted: withData({ rendering: "inverted" }),
    edges: withData({ rendering: "edges" }),
  };
  assertEquals(new Set(Object.values(keys)).size, Object.keys(keys).length, JSON.stringify(keys));
});
