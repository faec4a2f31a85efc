// How whole runs end, and the time they tell: real trainers on a few images of MNIST, a made-up device.
import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import type { RunEvent } from "../../search/events.ts";
import { NothingCompletedError } from "../../search/execute_run.ts";
import { OutsideFaultError } from "../../search/outside_fault.ts";
import { runSearch } from "../../search/run.ts";
import { RunStore } from "../../search/store/run_store.ts";
import { resolveRunConfig } from "../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";
import { withFailingWrites } from "./failing_writes.ts";
import { madeUpDevice } from "./measurements.ts";

const main = new URL("../../search/main.ts", import.meta.url).pathname;
const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
globalThis.addEventListener("unload", () => Deno.removeSync(dataDir, { recursive: true }));

function search(
  run: string,
  options: Record<string, unknown>,
  onEvent: (event: RunEvent) => void,
  signal?: AbortSignal,
) {
  const parsed = searchOptionsSchema.parse({
    ...{ run, dataDir, dataset: "mnist", distiller: "none", trials: 3, trainImages: 64, epochs: 1, batchSize: 32 },
    ...{ views: 1, validationImages: 100, finalTop: 0, trainers: 1, device: ["here"] },
    ...options,
  });
  const openDevices = () => Promise.resolve({ devices: [madeUpDevice("here")], close: () => Promise.resolve() });
  return runSearch(resolveRunConfig(parsed, { cores: 1 }), { onEvent, openDevices, signal });
}

function secondsOf(run: string): number {
  using store = new RunStore(`${dataDir}/runs/${run}/run.sqlite`, { readOnly: true });
  return Number(store.get("seconds") ?? 0);
}

Deno.test("a search without a completed trial fails for good, at once when called again, and gives its result", async () => {
  const limits = { maxParameters: 10 };
  const reason = "none of the 3 trials was completed; trial 1: ";
  await assertRejects(() => search("nothing", limits, () => {}), NothingCompletedError, reason);
  assertStringIncludes(await Deno.readTextFile(`${dataDir}/runs/nothing/report.html`), reason);
  const phases: string[] = [];
  const again = () => search("nothing", limits, (event) => event.type === "phase" && phases.push(event.phase));
  await assertRejects(again, NothingCompletedError, reason);
  assertEquals(phases, []);

  const { code, stderr, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--no-check", main, "--config", `${dataDir}/runs/nothing/run.json`],
      ...["--run", "nothing", "--data-dir", dataDir, "--json"],
    ],
    stdin: "null",
  }).output();
  assertEquals(code, 1);
  assertStringIncludes(new TextDecoder().decode(stderr), reason);
  const result = JSON.parse(new TextDecoder().decode(stdout));
  assertEquals([result.run, result.trials, result.infeasible, result.best], ["nothing", 3, 3, null]);
});

Deno.test("time is kept with every network that ends, over all starts, none of it twice", async () => {
  const seen: number[] = [];
  const abort = new AbortController();
  const started = performance.now();
  const first = search("timed", {}, ({ type }) => {
    if (type !== "trial") return;
    seen.push(secondsOf("timed"));
    // After two of the three baselines, so before the first batch.
    if (seen.length === 2) abort.abort(new Error("killed"));
  }, abort.signal);
  await assertRejects(() => first, Error, "killed");
  assert(0 < seen[0] && seen[0] < seen[1], seen.join());
  const atPhases: number[] = [];
  const { seconds } = await search("timed", {}, ({ type }) => type === "phase" && atPhases.push(secondsOf("timed")));
  assert(atPhases[0] >= seen[1]);
  assert(seconds > seen[1] && seconds <= (performance.now() - started) / 1000, `${seconds} s`);
  const { seconds: later } = await search("timed", {}, () => {});
  assertEquals(later, seconds);
});

Deno.test("a finished search whose result cannot be printed is no failed search, and says so", {
  // The one full disk that needs no rights to be had.
  ignore: Deno.build.os !== "linux",
}, async () => {
  const command = [
    ...[Deno.execPath(), "run", "-A", "--no-check", main, "--config", `${dataDir}/runs/timed/run.json`],
    ...["--run", "timed", "--data-dir", dataDir],
  ];
  for (const args of [[], ["--json"]]) {
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", 'exec "$@" > /dev/full', "sh", ...command, ...args],
      stdin: "null",
    }).output();
    const told = new TextDecoder().decode(stderr);
    assertEquals(code, 1, told);
    assertStringIncludes(told, 'Run "timed" is complete');
    assertMatch(told, /\nStandard output could not be written: No space left .*\. Run "timed" is saved\.\n$/);
    assert(!told.includes("failed"), told);
  }
});

Deno.test("a full disk lets no run begin, says so with the file, and leaves none behind", async () => {
  const begin = () => search("full", {}, () => {});
  const folder = `${dataDir}/runs/full`;
  const isGone = () => assertRejects(() => Deno.stat(folder), Deno.errors.NotFound);
  await withFailingWrites(async () => {
    await assertRejects(begin, OutsideFaultError, `cannot write ${folder}/run.lock: No space left`);
  });
  await isGone();
  // A folder that was there stays, with no run in it.
  await Deno.mkdir(folder);
  const { set } = RunStore.prototype;
  RunStore.prototype.set = (key) => {
    throw new OutsideFaultError(`cannot write ${key}`);
  };
  try {
    await assertRejects(begin, OutsideFaultError, "cannot write schemaVersion");
    assertEquals([...Deno.readDirSync(folder)].map(({ name }) => name), ["run.lock"]);
    await Deno.remove(folder, { recursive: true });
    await assertRejects(begin, OutsideFaultError, "cannot write schemaVersion");
  } finally {
    RunStore.prototype.set = set;
  }
  await isGone();
});
