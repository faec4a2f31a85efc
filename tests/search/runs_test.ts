import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { latencyWords } from "../../search/latency_words.ts";
import { listRuns, type RunSummary } from "../../search/runs.ts";
import { runLines } from "../../search/runs_main.ts";
import { OutdatedRunError, RunStore } from "../../search/store/run_store.ts";
import { resolveRunConfig } from "../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";
import { madeUpTrial } from "./made_up_trials.ts";
import { madeUpMeasurement } from "./measurements.ts";

/** Runs `body` with a data folder in which `old` is a run as earlier versions stored it. */
async function withOldRun(body: (dataDir: string, file: string) => void, version = 1): Promise<void> {
  const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
  try {
    await Deno.mkdir(`${dataDir}/runs/old`, { recursive: true });
    const file = `${dataDir}/runs/old/run.sqlite`;
    const database = new DatabaseSync(file);
    database.exec(`
      CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
      CREATE TABLE trials (role TEXT NOT NULL, number INTEGER NOT NULL, batch INTEGER NOT NULL, state TEXT NOT NULL,
        json TEXT NOT NULL, PRIMARY KEY (role, number)) STRICT;
      CREATE TABLE measurements (architecture TEXT NOT NULL, device TEXT NOT NULL, runtime TEXT NOT NULL,
        json TEXT NOT NULL, PRIMARY KEY (architecture, device, runtime)) STRICT;
      INSERT INTO meta VALUES ('schemaVersion', '${version}'), ('startedAt', '"2026-01-02T03:04:05Z"'),
        ('config', '{"preset":"smoke","trials":4}');
      INSERT INTO trials VALUES ('search', 1, 0, 'completed', '{}'), ('search', 2, 0, 'pending', '{}');
      INSERT INTO measurements VALUES ('a', 'here', 'tfjs-wasm', '{"protocol":"nacre/0"}');
    `);
    database.close();
    body(dataDir, file);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
}

Deno.test("a run of an earlier version is refused in one line, and not touched", () =>
  withOldRun((_dataDir, file) => {
    const before = Deno.readFileSync(file);
    for (const readOnly of [true, false]) {
      const error = assertThrows(() => new RunStore(file, { readOnly }), OutdatedRunError);
      assertMatch(error.message, /run\.sqlite: a run of an earlier version[^\n]+take another name, or delete it/);
    }
    using looked = new RunStore(file, { readOnly: true, outdated: true });
    assertEquals(looked.get("schemaVersion"), 1);
    assertEquals(Deno.readFileSync(file), before);
  }));

Deno.test("a run of an earlier version is refused for what changed since", async () => {
  const reasons: [number, string][] = [
    [1, "whose latencies do not compare with today's"],
    [2, "whose latencies do not compare with today's"],
    [3, "whose configuration does not hold the method's options in full"],
  ];
  for (const [version, reason] of reasons) {
    await withOldRun((_dataDir, file) => {
      const { message } = assertThrows(() => new RunStore(file), OutdatedRunError);
      assertEquals(
        message,
        `${file}: a run of an earlier version, ${reason}; take another name, or delete it by deno task runs --delete`,
      );
    }, version);
  }
});

Deno.test("runs lists it all the same, and what is no run as damaged", () =>
  withOldRun((dataDir) => {
    Deno.mkdirSync(`${dataDir}/runs/broken`);
    Deno.writeTextFileSync(`${dataDir}/runs/broken/run.sqlite`, "no database");
    const runs = listRuns(dataDir).map(({ bytes: _bytes, ...run }) => run);
    const none = { bestReward: null, bestAccuracy: null, bestLatencyMs: null, bestLatenciesMs: null };
    assertEquals<unknown>(runs, [
      { run: "broken", state: "damaged", startedAt: "", preset: "", trials: 0, plannedTrials: 0, ...none },
      {
        ...{ run: "old", state: "outdated", startedAt: "2026-01-02T03:04:05Z", preset: "smoke" },
        ...{ trials: 1, plannedTrials: 4, ...none },
      },
    ]);
  }));

Deno.test("a run of this version opens again", async () => {
  const folder = await Deno.makeTempDir({ prefix: "nacre-" });
  try {
    {
      using store = new RunStore(`${folder}/run.sqlite`);
      store.set("startedAt", "now");
    }
    using again = new RunStore(`${folder}/run.sqlite`, { readOnly: true });
    assertEquals([again.get("startedAt"), again.countFinished()], ["now", 0]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("the best student's latency is told of each device that is still in a run of several", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
  const listed = (run: string, devices: readonly string[], dropped: readonly string[]) => {
    Deno.mkdirSync(`${dataDir}/runs/${run}`, { recursive: true });
    {
      using store = new RunStore(`${dataDir}/runs/${run}/run.sqlite`);
      store.set("config", resolveRunConfig(searchOptionsSchema.parse({ run }), { cores: 2 }));
      store.set("startedAt", "now");
      store.set("targets", devices.map((device) => ({ device, targetMs: 2, weight: 1 })));
      store.set("droppedDevices", dropped.map((device) => ({ device, reason: "closed", afterTrials: 1 })));
      const measurements = devices.map((device, i) => madeUpMeasurement(device, i + 1));
      store.saveMeasurements(measurements);
      store.saveTrial(madeUpTrial(1, 0.7, 1.5, { architectureHash: "fixture" }));
    }
    return listRuns(dataDir).find((one) => one.run === run)?.bestLatenciesMs;
  };
  try {
    assertEquals(listed("two", ["here", "phone"], []), { here: 1, phone: 2 });
    assertEquals(listed("left", ["here", "phone"], ["phone"]), { here: 1 });
    assertEquals(listed("one", ["here"], []), null);
  } finally {
    await Deno.remove(dataDir, { recursive: true });
  }
});

Deno.test("the list of runs fits the window", () => {
  const run: RunSummary = {
    run: "9ab66d464858",
    state: "complete",
    startedAt: "2026-11-21T23:04:05Z",
    preset: "quick",
    trials: 20,
    plannedTrials: 24,
    bestReward: 0.8,
    bestAccuracy: 0.872,
    bestLatencyMs: 0.739,
    bestLatenciesMs: null,
    bytes: 3_300_000,
  };
  assertEquals(runLines([run], 80), [
    " run           state     started           trials  best                size",
    "────────────────────────────────────────────────────────────────────────────",
    " 9ab66d464858  complete  2026-11-21 23:04   20/24  87.2 %, 0.739 ms  3.3 MB",
  ]);
  // How a run stands goes last.
  assertEquals(runLines([run], 40)[2], " 9ab66d464858  complete   20/24");
  const several = { ...run, bestLatenciesMs: { here: 0.475, phone: 0.387 } };
  assertEquals(runLines([several], 80)[2].includes("complete"), true);
});

Deno.test("a latency is told by device, or alone where there is one", () => {
  assertEquals(latencyWords(0.592, { here: 0.475, phone: 0.387 }), "0.475 ms on this machine and 0.387 ms on phone");
  assertEquals(latencyWords(0.592, {}), "0.592 ms");
});
