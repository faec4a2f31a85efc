// A whole run of the space that grows a backbone: real trainers on a few images of MNIST, a made-up device.
import { assert, assertEquals, assertRejects } from "@std/assert";
import { withFullOptions } from "../../search/full_options.ts";
import { runSearch } from "../../search/run.ts";
import { RunStore } from "../../search/store/run_store.ts";
import { countParameters } from "../../src/ops/layout.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { resolveRunConfig } from "../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";
import { madeUpDevice } from "./measurements.ts";

const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
globalThis.addEventListener("unload", () => Deno.removeSync(dataDir, { recursive: true }));

async function search(run: string, options: Record<string, unknown> = {}, killAfter = Infinity) {
  const given = searchOptionsSchema.parse({
    ...{ run, dataDir, dataset: "mnist", distiller: "none", controller: "random", space: "growth", trials: 4 },
    ...{
      trainImages: 64,
      epochs: 1,
      batchSize: 32,
      views: 1,
      validationImages: 100,
      trainers: 2,
      device: ["here=100"],
    },
    ...{ teacherTrainImages: 256, teacherEpochs: 1, finalTop: 1, finalTrainImages: 64, finalEpochs: 1 },
    ...{ spaceOptions: { layers: 2 } },
    ...options,
  });
  const notes: string[] = [];
  const abort = new AbortController();
  let left = killAfter;
  const result = await runSearch(resolveRunConfig(withFullOptions(given), { cores: 2 }), {
    signal: abort.signal,
    onEvent(event) {
      if (event.type === "note" || event.type === "phase") notes.push(event.message);
      if (event.type === "trial" && --left === 0) abort.abort(new Error("killed"));
    },
    openDevices: () => Promise.resolve({ devices: [madeUpDevice("here")], close: () => Promise.resolve() }),
  });
  return { notes, result };
}

Deno.test("students grow from a backbone that is trained once, and start from its weights", async () => {
  const { notes, result } = await search("grown");
  assert(notes.some((note) => note.startsWith("Backbone: ") && note.includes("trained in")));
  using store = new RunStore(`${dataDir}/runs/grown/run.sqlite`, { readOnly: true });
  const trials = store.trials("search").filter((trial) => trial.duplicateOf === undefined);
  const [, , backbone] = store.trials("baseline");
  for (const { startedFrom, state } of trials) assertEquals([state, startedFrom], ["completed", 0]);
  for (const { parameters } of trials) assert(parameters >= countParameters(backbone.architecture));
  assertEquals([backbone.startedFrom, result.final.length], [0, 4]);
  // Narrower networks have no layer of the backbone: they start from chance, and say so.
  for (const { inherited, startedFrom } of store.trials("baseline").slice(0, 2)) {
    assertEquals([startedFrom, inherited], [undefined, undefined]);
  }
  for (const { inherited = 0 } of trials) assert(inherited > 0 && inherited <= 1);
  const again = await search("again", { trials: 2, finalTop: 0 });
  assert(again.notes.some((note) => note.startsWith("Backbone: ") && note.includes("from the cache")));
});

Deno.test("a run that grows goes on from its own copy of the backbone, whatever became of the cache", async () => {
  await assertRejects(() => search("kept", { seed: 9 }, 2), Error, "killed");
  await Deno.remove(`${dataDir}/cache/backbones`, { recursive: true });
  const { notes, result } = await search("kept", { seed: 9 });
  assertEquals([result.trials, notes.filter((note) => note.startsWith("Backbone: "))], [4, []]);
  // A copy that is damaged is made anew.
  await assertRejects(() => search("damaged", { seed: 9 }, 2), Error, "killed");
  await Deno.writeTextFile(`${dataDir}/runs/damaged/weights/backbone.safetensors`, "damaged");
  assertEquals((await search("damaged", { seed: 9 })).result.completed, result.completed);
});

Deno.test("where no target is given, a run that grows is judged by accuracy alone, and says so", async () => {
  const { notes, result } = await search("free", { trials: 2, device: ["here"], finalTop: 0 });
  assert(notes.includes("Rewards are accuracies alone, under the limits given."));
  assert(notes.some((note) => note.startsWith("Searching: ") && note.endsWith("reward accuracy alone.")));
  assertEquals(result.best?.reward, result.best?.accuracy);
});

Deno.test("options that do not fit the data are refused in one line", async () => {
  const options = { spaceOptions: { layers: 2, maxParameters: 10 } };
  const { message } = await assertRejects(() => search("small", options), UsageError) as Error;
  assert(/^--space growth: [^\n]*the backbone [^\n]+$/.test(message), message);
});

Deno.test("a run that grows proposes nothing beyond the limits of the run", async () => {
  using store = new RunStore(`${dataDir}/runs/grown/run.sqlite`, { readOnly: true });
  const [, , backbone] = store.trials("baseline");
  const sizes = store.trials("search").map(({ memoryBytes }) => memoryBytes);
  const maxMemoryBytes = Math.floor((backbone.memoryBytes + Math.min(...sizes)) / 2);
  const { result } = await search("tight", { maxMemoryBytes, finalTop: 0 });
  assertEquals([result.completed, result.infeasible], [4, 0]);
  const { spaceOptions } = result.config as { spaceOptions: { maxMemoryBytes?: number } };
  assertEquals(spaceOptions.maxMemoryBytes, maxMemoryBytes);
});
