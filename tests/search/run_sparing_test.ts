// Whole runs that spare themselves work, and are had again: real trainers on a few images of MNIST, a made-up device.
import { assert, assertAlmostEquals, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { latencyTableSchema } from "../../search/latency/latency_table.ts";
import { configInFull, withFullOptions } from "../../search/full_options.ts";
import type { SearchResult } from "../../search/result.ts";
import { runSearch } from "../../search/run.ts";
import { RunStore } from "../../search/store/run_store.ts";
import { parseOptions } from "../../src/cli/options.ts";
import { UsageError } from "../../src/cli/usage_error.ts";
import { fileExists } from "../../src/data/file_exists.ts";
import { resolveRunConfig } from "../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";
import { type MadeUpDevice, madeUpDevice } from "./measurements.ts";

const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
globalThis.addEventListener("unload", () => Deno.removeSync(dataDir, { recursive: true }));

const budget = {
  ...{ dataDir, dataset: "mnist", distiller: "none", controller: "random", trainImages: 64, epochs: 1, batchSize: 32 },
  ...{ views: 1, validationImages: 100, finalTop: 0, trainers: 2, device: ["here"] },
};

function configOf(options: Record<string, unknown>) {
  const given = withFullOptions(searchOptionsSchema.parse({ ...budget, ...options }));
  return resolveRunConfig(given, { cores: 2 });
}

async function search(
  config: ReturnType<typeof configOf>,
  options: { killAfter?: number } = {},
): Promise<{ result: SearchResult; device: MadeUpDevice }> {
  const device = madeUpDevice("here");
  const abort = new AbortController();
  let left = options.killAfter ?? Infinity;
  const result = await runSearch(config, {
    signal: abort.signal,
    onEvent: (event) => event.type === "trial" && --left === 0 && abort.abort(new Error("killed")),
    openDevices: () => Promise.resolve({ devices: [device], close: () => Promise.resolve() }),
  });
  return { result, device };
}

function trialsOf(run: string) {
  using store = new RunStore(`${dataDir}/runs/${run}/run.sqlite`, { readOnly: true });
  return store.trials("search").map((trial) => {
    const { completedAt: _at, measurements: _measurements, trainSeconds: _seconds, ...rest } = trial;
    return rest;
  });
}

// The further beyond its target, the worse by far: so some are foreseen to be of no use, however accurate.
const sparing = { trials: 30, controllerBatch: 6, foresee: true, targetMs: 2.4, exponents: [0, -8], seed: 4 };

for (const [name, options] of Object.entries({ prunes: { prune: true }, "passes weights on": { warmStart: true } })) {
  Deno.test(`a run that foresees and ${name} comes to the same after interrupts`, async () => {
    const [run, killed] = [Object.keys(options)[0], `killed-${Object.keys(options)[0]}`];
    const { result } = await search(configOf({ ...sparing, ...options, run }));
    const whole = trialsOf(run);
    assertEquals(result.trials, 30);
    // How many depends on the processor a little: what it multiplies and adds in one.
    assert(result.skipped > 0 && result.completed > 5, `${result.skipped} skipped, ${result.completed} completed`);
    assertEquals(result.skipped, whole.filter(({ state }) => state === "skipped").length);
    assertEquals(whole.some(({ startedFrom }) => startedFrom !== undefined), "warmStart" in options);
    for (const { batch, inherited = 0, startedFrom } of whole) {
      if (startedFrom === undefined) continue;
      assert(whole[startedFrom - 1].batch < batch);
      assert(inherited > 0 && inherited <= 1);
    }
    assertEquals(result.rejected.map(({ trial }) => trial), whole.map(({ number }) => number));
    const config = configOf({ ...sparing, ...options, run: killed, trainers: 1 });
    for (const killAfter of [2, 9, 6]) await assertRejects(() => search(config, { killAfter }), Error, "killed");
    await search(config);
    assertEquals(trialsOf(killed), whole);
  });
}

Deno.test("the file of a run, and what --json gives, give the run again, with its latencies the same trials", async () => {
  const { result } = await search(configOf({ ...sparing, warmStart: true, trials: 6, run: "first" }));
  const file = `${dataDir}/runs/first/run.json`;
  const printed = `${dataDir}/printed.json`;
  await Deno.writeTextFile(printed, JSON.stringify(result));
  for (const [index, path] of [file, printed].entries()) {
    const run = `again-${index}`;
    const args = ["--config", path, "--run", run, "--replay", "first", "--data-dir", dataDir];
    const command = { name: "search", summary: "" };
    const options = parseOptions(searchOptionsSchema, args, { command, resultHoldsConfig: true });
    assert(options);
    const { device } = await search(resolveRunConfig(withFullOptions(options), { cores: 1 }));
    assertEquals(device.sessions, []);
    assertEquals(trialsOf(run), trialsOf("first"));
  }
  assertEquals(JSON.parse(await Deno.readTextFile(file)), result.config);
});

Deno.test("a run leaves a table of latencies, from which another one starts; a broken or other one is refused", async () => {
  const table = `${dataDir}/runs/first/latency_table_here.json`;
  const { device, observations } = latencyTableSchema.parse(JSON.parse(await Deno.readTextFile(table)));
  assertEquals(device.name, "here");
  // The three reference networks, and each network that was measured.
  assert(observations.length >= 3 + new Set(trialsOf("first").map((trial) => trial.architectureHash)).size - 1);
  const started = { trials: 2, run: "started", foresee: true, latencyTable: [table] };
  await search(configOf(started));
  const changed = `${dataDir}/changed.json`;
  await Deno.writeTextFile(changed, "{}");
  const refused = { ...started, run: "refused", latencyTable: [changed] };
  await assertRejects(() => search(configOf(refused)), UsageError, "latency table");
});

Deno.test("a table of a slower session is taken for one of this session, by the reference network", async () => {
  const of = async (run: string) => {
    const { observations } = latencyTableSchema.parse(
      JSON.parse(await Deno.readTextFile(`${dataDir}/runs/${run}/latency_table_here.json`)),
    );
    return new Map(observations.map(({ architectureHash, latencyMs }) => [architectureHash, latencyMs]));
  };
  const path = `${dataDir}/runs/first/latency_table_here.json`;
  const { observations, ...table } = latencyTableSchema.parse(JSON.parse(await Deno.readTextFile(path)));
  const slower = observations.map((one) => ({ ...one, latencyMs: 1.25 * one.latencyMs }));
  const slow = `${dataDir}/slower.json`;
  await Deno.writeTextFile(slow, JSON.stringify({ ...table, observations: slower }));
  await search(configOf({ trials: 2, run: "shifted", foresee: true, latencyTable: [slow] }));
  const learned = await of("shifted");
  for (const [hash, latencyMs] of await of("first")) assertAlmostEquals(learned.get(hash) ?? NaN, latencyMs, 1e-9);
});

Deno.test("a table of another device, machine or backend is refused before anything is trained", async () => {
  const path = `${dataDir}/runs/first/latency_table_here.json`;
  const table = JSON.parse(await Deno.readTextFile(path));
  const changed = `${dataDir}/changed.json`;
  const { device } = table;
  using store = new RunStore(`${dataDir}/runs/first/run.sqlite`, { readOnly: true });
  const referenceHash = store.trials("baseline").find(({ label }) => label === "reference x1")?.architectureHash;
  assert(referenceHash);
  const mixed = <Observation>(one: Observation) => ({ ...one, architectureHash: "0".repeat(64) });
  const cases = {
    phone: [{ device: { ...device, name: "phone" } }, 'it is of device "phone", the search is on here'],
    machine: [
      { device: { ...device, description: "another" } },
      'its here is "another", here it is "a made-up processor"',
    ],
    backend: [{ backend: "wasm, 2 threads" }, 'its here ran on "wasm, 2 threads", here it runs on "wasm, 1 thread"'],
    runtime: [{ runtime: "tfjs-webgl" }, "it is of runtime tfjs-webgl, the search is on tfjs-wasm"],
    slower: [
      {
        observations: table.observations.map((one: { latencyMs: number }) => ({
          ...one,
          latencyMs: 3 * one.latencyMs,
        })),
      },
      "too far apart",
    ],
    // Of networks that this run has not, and far slower: what it foresees of the reference network tells.
    "without-reference": [
      {
        observations: table.observations.filter((one: { latencyMs: number; architectureHash: string }) =>
          one.architectureHash !== referenceHash
        ).map((one: { latencyMs: number }) => ({ ...one, latencyMs: 100 * one.latencyMs })),
      },
      "too far apart",
    ],
    hash: [{ observations: table.observations.toReversed().map(mixed) }, "observations.0.architectureHash: not that"],
    // Its name would be a part of a file's.
    "no-name": [{ device: { ...device, name: "x/../../evil" } }, "device.name"],
  } as const;
  for (const [run, [difference, message]] of Object.entries(cases)) {
    await Deno.writeTextFile(changed, JSON.stringify({ ...table, ...difference }));
    const config = configOf({ trials: 2, run, foresee: true, latencyTable: [changed] });
    const error = await assertRejects(() => search(config), UsageError, message) as Error;
    assertStringIncludes(error.message, changed);
  }
  const twice = () => search(configOf({ trials: 2, run: "twice", foresee: true, latencyTable: [path, changed] }));
  await Deno.writeTextFile(changed, JSON.stringify(table));
  const error = await assertRejects(twice, UsageError, 'it is of device "here", and so is') as Error;
  assertEquals([path, changed].map((one) => error.message.includes(one)), [true, true]);
});

Deno.test("data or a run that is not there is wrong usage, and leaves the name free", async () => {
  const wrong: [Record<string, unknown>, string][] = [
    [{ dataset: "mnits" }, '--dataset: dataset "mnits" is neither a folder nor known'],
    [{ replay: "nosuch" }, `--replay: no run "nosuch" in ${dataDir}; there are: `],
    [{ replay: "typo" }, '--replay: run "typo" cannot take latencies from itself; there are: '],
    [
      { replay: "first", imageSize: 16 },
      '--replay, this run\'s reference network: run "first" holds no latency of network ',
    ],
  ];
  for (const [options, message] of wrong) {
    const error = await assertRejects(
      () => search(configOf({ trials: 2, run: "typo", ...options })),
      UsageError,
    ) as Error;
    assertStringIncludes(error.message, message);
    assertEquals(fileExists(`${dataDir}/runs/typo/run.sqlite`), false);
  }
  assertEquals((await search(configOf({ trials: 2, run: "typo" }))).result.completed, 2);
});

Deno.test("a wrong call leaves no run under its name, unless it has trials or was there before", async () => {
  const folder = `${dataDir}/runs/corrected`;
  const options = { trials: 2, run: "corrected", foresee: true };
  const wrong = configOf({ ...options, latencyTable: [`${dataDir}/missing.json`] });
  await assertRejects(() => search(wrong), UsageError, "missing.json");
  assertEquals(fileExists(`${folder}/run.lock`), false);
  // A folder of the user's stays, with what is in it.
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${folder}/notes.txt`, "mine");
  await assertRejects(() => search(wrong), UsageError, "missing.json");
  assertEquals([fileExists(`${folder}/notes.txt`), fileExists(`${folder}/run.sqlite`)], [true, false]);
  await assertRejects(() => search(configOf(options), { killAfter: 2 }), Error, "killed");
  // Begun by an earlier call: what this one says is wrong harms nothing.
  const table = `${dataDir}/table.json`;
  await Deno.copyFile(`${dataDir}/runs/first/latency_table_here.json`, table);
  const begun = configOf({ ...options, run: "begun", latencyTable: [table] });
  await assertRejects(() => search(begun, { killAfter: 1 }), Error, "killed");
  await Deno.remove(table);
  await assertRejects(() => search(begun), UsageError, "table.json");
  assertEquals(fileExists(`${dataDir}/runs/begun/run.sqlite`), true);
});

Deno.test("with nobody best to train the sample alone is trained longer, and no test part is read", async () => {
  const { result } = await search(configOf({
    ...{ run: "sampled", trials: 4, finalTop: 0, finalSample: 1, finalTrainImages: 96, finalEpochs: 1 },
    ...{ distiller: "kd", teacherTrainImages: 128, teacherEpochs: 1 },
  }));
  assertEquals([result.final, result.proxy.sample.n, result.teacherTestAccuracy], [[], 1, null]);
});

Deno.test("a longer training of a sample tells how good short ones are at it, and the test part is for finals", async () => {
  const { result } = await search(configOf({
    ...{ run: "proxy", trials: 6, finalTop: 1, finalSample: 2, finalTrainImages: 96, finalEpochs: 1 },
    ...{ distiller: "kd", teacherTrainImages: 128, teacherEpochs: 1 },
  }));
  assertEquals(result.final.map(({ role }) => role), ["search", "baseline", "baseline", "baseline"]);
  assertEquals(result.proxy.n, 6);
  const { spearman, n } = result.proxy;
  assert(spearman === null || Math.abs(spearman) <= 1, `${spearman} of ${n}`);
  assert(result.teacherAccuracy !== null && result.teacherTestAccuracy !== null);
  const weights = [...Deno.readDirSync(`${dataDir}/runs/proxy/weights`)].map(({ name }) => name);
  assertEquals(weights.filter((name) => name.includes("sample")), []);
  // A finished run answers from what is stored.
  const again = await search(configInFull({ ...configOf({ run: "proxy", trials: 6 }), ...storedConfig("proxy") }));
  assertEquals({ ...again.result, seconds: 0 }, { ...result, seconds: 0 });
});

function storedConfig(run: string) {
  using store = new RunStore(`${dataDir}/runs/${run}/run.sqlite`, { readOnly: true });
  return store.get("config") as ReturnType<typeof configOf>;
}

Deno.test("what breaks a limit of size is neither timed nor trained, and says so", async () => {
  const { device, result } = await search(configOf({ run: "limits", trials: 4, maxMemoryBytes: 340_000 }));
  const trials = trialsOf("limits");
  const broken = trials.filter(({ memoryBytes }) => memoryBytes > 340_000);
  assert(broken.length > 0 && broken.length < trials.length, "some break the limit and some do not");
  for (const { number, architectureHash, reward, state } of broken) {
    assertEquals([state, reward], ["infeasible", 0]);
    assert(!device.sessions.flat().includes(architectureHash));
    assertStringIncludes(result.rejected[number - 1].reason, "bytes of memory, more than 340000");
  }
});
