import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { readReport } from "../../search/report/report_files.ts";
import { renderReport } from "../../search/report/report.ts";
import { runFolder } from "../../search/run_folder.ts";
import { listRuns } from "../../search/runs.ts";
import { isLocked, lockRun, RunLockedError } from "../../search/store/run_lock.ts";
import { RunStore } from "../../search/store/run_store.ts";
import { resolveRunConfig } from "../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";
import { madeUpTrial } from "./made_up_trials.ts";

const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
globalThis.addEventListener("unload", () => Deno.removeSync(dataDir, { recursive: true }));

/** A stored run of two trials, `infeasible` of which ended so; as a kill would leave it. */
async function storeRun(run: string, infeasible: number): Promise<string> {
  const { database, folder } = runFolder(dataDir, run);
  await Deno.mkdir(folder, { recursive: true });
  using store = new RunStore(database);
  store.set("startedAt", "2026-01-02T03:04:05Z");
  store.set("state", "running");
  store.set("config", resolveRunConfig(searchOptionsSchema.parse({ run, dataDir, trials: 2 }), { cores: 1 }));
  for (let number = 1; number <= infeasible; number++) {
    const { accuracy: _accuracy, latencyMs: _latencyMs, measurements: _measurements, ...trial } = madeUpTrial(
      number,
      0,
      1,
    );
    const reason = "9 parameters, more than 8";
    store.saveTrial({ ...trial, measurements: [], state: "infeasible", reason, reward: 0 });
  }
  return folder;
}

async function standings(run: string): Promise<string[]> {
  const listed = listRuns(dataDir).find((one) => one.run === run)?.state ?? "missing";
  return [listed, (await readReport(dataDir, run)).state];
}

Deno.test("a run is running while a process has its lock, and interrupted after, however it ended", async () => {
  const folder = await storeRun("killed", 1);
  assertEquals(isLocked(folder), false);
  assertEquals([...Deno.readDirSync(folder)].some(({ name }) => name === "run.lock"), false);
  assertEquals(await standings("killed"), ["interrupted", "interrupted"]);
  {
    using _lock = await lockRun(folder, "killed");
    const before = Deno.readTextFileSync(`${folder}/run.lock`);
    assertEquals(await standings("killed"), ["running", "running"]);
    assertEquals(Deno.readTextFileSync(`${folder}/run.lock`), before);
  }
  assertEquals(await standings("killed"), ["interrupted", "interrupted"]);
});

Deno.test("a look at whether a run is running keeps nobody from starting it; a process that has it does", async () => {
  const folder = await storeRun("looked-at", 1);
  Deno.writeTextFileSync(`${folder}/run.lock`, "12345\n");
  const looking = Deno.openSync(`${folder}/run.lock`, { read: true });
  assert(looking.tryLockSync(false));
  setTimeout(() => looking.close(), 30);
  using _lock = await lockRun(folder, "looked-at");
  await assertRejects(() => lockRun(folder, "looked-at"), RunLockedError, `in use by process ${Deno.pid};`);
});

Deno.test("a run whose trials all ended without a student has failed, and says why", async () => {
  await storeRun("nothing", 2);
  assertEquals(await standings("nothing"), ["failed", "failed"]);
  const page = renderReport(await readReport(dataDir, "nothing"));
  assertStringIncludes(page, "none of the 2 trials was completed; trial 1: 9 parameters, more than 8");
  assertStringIncludes(page, 'class="state failed"');
});
