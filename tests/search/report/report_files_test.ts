import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { defaultReportFile, readReport, writeReportFiles } from "../../../search/report/report_files.ts";
import { runFolder } from "../../../search/run_folder.ts";
import { RunStore } from "../../../search/store/run_store.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { resolveRunConfig } from "../../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../../src/schemas/search_options.ts";
import { fixtureTrials, fixtureUpdates } from "./fixtures.ts";

const main = new URL("../../../search/report_main.ts", import.meta.url).pathname;

/** A data folder with runs of as many made-up trials as said, gone when disposed. */
async function dataFolder(runs: Record<string, number>): Promise<{ dataDir: string } & AsyncDisposable> {
  const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
  for (const [run, count] of Object.entries(runs)) {
    const paths = runFolder(dataDir, run);
    await Deno.mkdir(paths.folder, { recursive: true });
    using store = new RunStore(paths.database);
    store.set("config", resolveRunConfig(searchOptionsSchema.parse({ run, dataDir }), { cores: 2 }));
    store.set("state", count > 0 ? "complete" : "running");
    store.set("startedAt", "2026-01-02T03:04:05Z");
    store.set("targets", [{ device: "here", targetMs: 2, weight: 1 }]);
    const snapshot = { controller: "ppo" };
    for (const { batch, statistics } of fixtureUpdates(Math.ceil(count / 4))) {
      store.saveController({ batch, told: true, snapshot }, [], statistics);
    }
    for (const trial of fixtureTrials(count, 3)) {
      // A measurement belongs to one network: no two trials share theirs.
      const measurements = trial.measurements.map((one) => ({ ...one, modelHash: trial.architectureHash }));
      store.saveTrial(trial);
      store.saveMeasurements(measurements);
    }
  }
  return { dataDir, [Symbol.asyncDispose]: () => Deno.remove(dataDir, { recursive: true }) };
}

async function report(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", main, ...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test("a stored run is read whole: trials, statistics and the decisions of its space", async () => {
  await using folder = await dataFolder({ one: 12 });
  const data = await readReport(folder.dataDir, "one");
  assertEquals([data.state, data.trials.length, data.updates.length, data.controller], ["complete", 12, 3, "ppo"]);
  assertEquals(data.space?.decisions.length, data.trials[0].tokens.length);
  assertEquals(data.trials[0].measurements.length, 1);
});

Deno.test("a run that has only begun is reported as interrupted, without figures", async () => {
  await using folder = await dataFolder({ begun: 0 });
  const { dataDir } = folder;
  const data = await readReport(dataDir, "begun");
  assertEquals([data.state, data.space], ["interrupted", null]);
  const { figures, html } = await writeReportFiles([data], defaultReportFile(dataDir, ["begun"]));
  assertEquals(figures, []);
  assertEquals(html, runFolder(dataDir, "begun").report);
});

Deno.test("a figure that has nothing to draw any more leaves no file of an earlier report behind", async () => {
  await using folder = await dataFolder({ one: 12, begun: 0 });
  const file = `${folder.dataDir}/page.html`;
  const before = await writeReportFiles([await readReport(folder.dataDir, "one")], file);
  assert(before.figures.length > 5);
  await writeReportFiles([await readReport(folder.dataDir, "begun")], file);
  assertEquals([...Deno.readDirSync(`${folder.dataDir}/page-figures`)], []);
});

Deno.test("of an earlier report of another run no figure stays, files of others do", async () => {
  await using folder = await dataFolder({ one: 12, two: 12, begun: 0 });
  const [one, two, begun] = await Promise.all(["one", "two", "begun"].map((run) => readReport(folder.dataDir, run)));
  const file = `${folder.dataDir}/page.html`;
  const names = () => [...Deno.readDirSync(`${folder.dataDir}/page-figures`)].map(({ name }) => name).sort();
  await writeReportFiles([one], file);
  const mine = { "photo.svg": "<svg/>", "notes.txt": "mine" };
  for (const [name, text] of Object.entries(mine)) {
    await Deno.writeTextFile(`${folder.dataDir}/page-figures/${name}`, text);
  }
  const { figures } = await writeReportFiles([one, two], file);
  const written = figures.map((path) => path.slice(path.lastIndexOf("/") + 1));
  assertEquals(names(), [...written, ...Object.keys(mine)].sort());
  await writeReportFiles([begun], file);
  assertEquals(names(), Object.keys(mine).sort());
});

Deno.test("a run that cannot be read and a file that cannot be written end with one line", async () => {
  await using folder = await dataFolder({ one: 2, damaged: 2, begun: 0 });
  const { dataDir } = folder;
  await Deno.writeTextFile(
    runFolder(dataDir, "damaged").database,
    "no database at all, but of some length".repeat(200),
  );
  for (const more of ["-wal", "-shm"]) await Deno.remove(runFolder(dataDir, "damaged").database + more).catch(() => {});
  await Deno.mkdir(`${dataDir}/runs/empty`);
  await Deno.writeTextFile(`${dataDir}/file`, "");
  const cases: [string[], number, RegExp][] = [
    [["--run", "damaged"], 1, /^run "damaged" cannot be read: /],
    [["--run", "empty"], 2, /^run "empty" has no .*run.sqlite$/],
    [["--run", "one", "--out", `${dataDir}/file/x.html`], 2, /x.html cannot be written: /],
  ];
  if (Deno.build.os === "linux") {
    cases.push([["--run", "one", "--out", "/proc/x.html"], 2, /^\/proc\/x.html cannot be /]);
  }
  for (const [args, expected, message] of cases) {
    const { code, stderr, stdout } = await report(...args, "--data-dir", dataDir);
    assertEquals([code, stdout, stderr.trim().split("\n").length], [expected, "", 1], stderr);
    assertMatch(stderr.trim(), message);
  }
});

Deno.test("a run that does not exist is refused with the names of those that do", async () => {
  await using folder = await dataFolder({ one: 0 });
  await assertRejects(() => readReport(folder.dataDir, "two"), UsageError, "there are: one");
});

Deno.test("the command compares several runs, tells its files as JSON, and exits 2 on wrong usage", async () => {
  await using folder = await dataFolder({ one: 8, two: 12 });
  const { dataDir } = folder;
  const { code, stderr, stdout } = await report("--run", "one", "--run", "two", "--data-dir", dataDir, "--json");
  assertEquals(code, 0, stderr);
  const { figures, html } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  assertEquals(html, `${dataDir}/reports/one+two.html`);
  assertStringIncludes(await Deno.readTextFile(html), "2 runs compared");
  assertEquals(figures.length, 5);
  for (const figure of figures) assertStringIncludes(await Deno.readTextFile(figure), "<svg");
  for (const args of [[], ["--run", "one", "--run", "one"]]) {
    const wrong = await report(...args, "--data-dir", dataDir);
    assertEquals([wrong.code, wrong.stderr.trim().split("\n").length], [2, 1], wrong.stderr);
  }
});
