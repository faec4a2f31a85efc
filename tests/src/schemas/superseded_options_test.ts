import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { parseOptions } from "../../../src/cli/options.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { optionsOfConfig, resolveRunConfig, type RunConfig } from "../../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../../src/schemas/search_options.ts";
import { replayNote, withoutSuperseded } from "../../../src/schemas/superseded_options.ts";

const command = { name: "search", summary: "" };

function resolve(...args: string[]): RunConfig {
  const options = parseOptions(searchOptionsSchema, args, { command, besideFlags: withoutSuperseded });
  if (!options) throw new Error("help was not asked for");
  return resolveRunConfig(options, { cores: 2 });
}

/** The configuration by `flags` beside a file of `options`. */
function beside(options: Readonly<Record<string, unknown>>, flags: readonly string[]): RunConfig {
  const path = Deno.makeTempFileSync({ suffix: ".json" });
  try {
    Deno.writeTextFileSync(path, JSON.stringify(options));
    return resolve("--config", path, ...flags);
  } finally {
    Deno.removeSync(path);
  }
}

/** The configuration by `flags` beside the file that a search by `first` leaves. */
function again(first: readonly string[], flags: readonly string[]): RunConfig {
  return beside(optionsOfConfig(resolve(...first)), flags);
}

Deno.test("a run's file with another seed is another run; with nothing that counts changed it is that run", () => {
  const first = ["--run", "mine", "--seed", "1"];
  assertEquals(again(first, []).run, "mine");
  assertEquals(again(first, ["--seed", "1", "--trainers", "7", "--data-dir", "elsewhere"]).run, "mine");
  const other = again(first, ["--seed", "2"]);
  assertEquals([other.run, other.seed], [resolve("--seed", "2").run, 2]);
  assertEquals(again(first, ["--max-latency-ms", "3"]).run, resolve("--max-latency-ms", "3").run);
  assertEquals(again(first, ["--seed", "2", "--run", "second"]).run, "second");
});

Deno.test("options of a controller, space, distiller or reward go with its name", () => {
  const first = ["--controller-options", '{"hidden":7}', "--space-options", '{"form":"imagenet"}'];
  const kept = again([...first, "--distiller-options", '{"alpha":0.5}'], ["--seed", "2", "--controller", "ppo"]);
  assertEquals([kept.controllerOptions, kept.spaceOptions], [{ hidden: 7 }, { form: "imagenet" }]);
  assertEquals(kept.distiller, { name: "kd", options: { alpha: 0.5 } });
  assertEquals(again(first, ["--controller", "random"]).controllerOptions, {});
  const growing = again(first, ["--space", "growth"]);
  assertEquals([growing.spaceOptions, growing.exponents], [{}, [0, 0]]);
  assertEquals(again(["--space", "growth"], ["--target-ms", "5"]).exponents, undefined);
  assertEquals(again(["--distiller-options", '{"alpha":0.5}'], ["--distiller", "none"]).distiller.options, {});
  assertEquals(again(["--exponents", "0,-0.5"], ["--reward", "absolute"]).exponents, undefined);
  const given = again(first, ["--controller", "evolution", "--controller-options", '{"population":9}']);
  assertEquals(given.controllerOptions, { population: 9 });
});

Deno.test("another preset brings its own budget, unless a flag says otherwise", () => {
  const smoke = resolve("--preset", "smoke", "--epochs", "9");
  const changed = again(["--preset", "quick", "--trials", "33"], ["--preset", "smoke", "--epochs", "9"]);
  assertEquals({ ...changed, run: "" }, { ...smoke, run: "" });
  assertEquals(again(["--preset", "quick", "--trials", "33"], ["--preset", "quick"]).trials, 33);
});

Deno.test("another preset brings its own options of the controller, and latency tables go with what foresees", () => {
  const foreseeing = ["--preset", "standard", "--latency-table", "a.json", "--controller-options", '{"hidden":7}'];
  const paper = again(foreseeing, ["--preset", "paper"]);
  assertEquals([paper.controllerOptions, paper.latencyTable, paper.foresee], [{}, [], false]);
  const own = again(foreseeing, ["--preset", "paper", "--controller-options", '{"hidden":8}']);
  assertEquals(own.controllerOptions, { hidden: 8 });
  assertEquals(again(foreseeing, ["--foresee=false"]).latencyTable, []);
  assertEquals(again(foreseeing, ["--seed", "2"]).latencyTable, ["a.json"]);
});

Deno.test("teachers go with the method and with who teaches", () => {
  const three = ["--teachers", "3", "--teacher-network", "resnet20"];
  const other = again(three, ["--distiller", "dml"]);
  assertEquals([other.teachers, other.teacherNetwork], [undefined, "resnet20"]);
  const given = again(three, ["--teacher", "a.onnx"]);
  assertEquals([given.teachers, given.teacherNetwork, given.teacher], [undefined, "residual", ["a.onnx"]]);
  const adapted = ["--teacher", "a.onnx", "--teacher-normalisation", "unit", "--teacher-resize"];
  const automatic = again(adapted, ["--teacher", "auto"]);
  assertEquals([automatic.teacherNormalisation, automatic.teacherResize], [undefined, false]);
  assertEquals(again(adapted, ["--teacher", "b.onnx"]).teacherNormalisation, "unit");
});

Deno.test("a target given as a flag holds on all devices of the file, whatever their own", () => {
  const targets = (options: Record<string, unknown>, ...flags: string[]) =>
    beside(options, flags).devices.map(({ name, targetMs }) => [name, targetMs]);
  assertEquals(targets({ device: ["here=5"] }, "--target-ms", "3"), [["here", 3]]);
  assertEquals(targets({ device: ["here=5", "phone"], targetMs: 7 }, "--target-ms", "3"), [["here", 3], ["phone", 3]]);
  assertEquals(targets({ targetMs: 7 }, "--device", "here=5"), [["here", 5]]);
  assertEquals(targets({ targetMs: 7 }, "--device", "here=5", "--device", "phone"), [["here", 5], ["phone", 7]]);
  const weighted = beside({ device: ["here=5:2", "phone=9:1"] }, ["--target-ms", "3"]);
  assertEquals(weighted.devices.map(({ targetMs, weight }) => [targetMs, weight]), [[3, 2], [3, 1]]);
  assertEquals(weighted.combine, "weighted");
  // Within one source it would be without effect.
  const message = "--target-ms: is for devices without a target of their own, and each of --device has one";
  assertThrows(() => resolve("--device", "here=5", "--target-ms", "3"), UsageError, message);
  assertThrows(() => beside({ device: ["here=5"], targetMs: 3 }, []), UsageError, "targetMs: is for devices without");
  assertThrows(() => beside({ device: ["here="] }, ["--target-ms", "3"]), UsageError, 'device is "here="; allowed');
});

Deno.test("weights and a combination without them: the flag wins", () => {
  const weights = ["--device", "a=1:2", "--device", "b=1:3"];
  const file = { device: ["a=1", "b=1"], combine: "mean" };
  assertEquals(beside(file, weights).combine, "weighted");
  assertEquals(beside(file, ["--device", "c=1"]).combine, "mean");
  const worst = again(weights, ["--combine", "worst"]);
  assertEquals([worst.combine, worst.devices.map(({ weight }) => weight)], ["worst", [1, 1]]);
});

Deno.test("what followed from what a flag changes follows again", () => {
  assertEquals(again(["--preset", "smoke"], ["--trials", "200"]).controllerBatch, 20);
  assertEquals(again(["--controller-batch", "2"], ["--trials", "200"]).controllerBatch, 2);
  const devices = ["--device", "a=1:2", "--device", "b=1:3"];
  assertEquals(again(devices, ["--device", "a=1", "--device", "b=1"]).combine, "worst");
  assertEquals(again(["--device", "a=1:1"], []).combine, "weighted");
});

Deno.test("a run whose latencies are replayed gives way to what may bring other students, and says so", () => {
  const first = ["--replay", "base"];
  for (const flags of [["--seed", "2"], ["--controller", "random"], ["--trials", "99"], ["--preset", "smoke"]]) {
    assertEquals(again(first, flags).replay, undefined);
    assertEquals(again(first, [...flags, "--replay", "base"]).replay, "base");
  }
  for (const flags of [[], ["--seed", "1"], ["--final-epochs", "9"], ["--run", "other"], ["--trainers", "7"]]) {
    assertEquals(again(first, flags).replay, "base");
  }
  const file = new Map<string, unknown>([["replay", "base"], ["seed", 1]]);
  const note = replayNote(new Map([["seed", 2]]), file);
  assertStringIncludes(note ?? "", 'Latencies are measured, not taken from run "base"');
  assertEquals(replayNote(new Map([["seed", 1]]), file), undefined);
  assertEquals(replayNote(new Map<string, unknown>([["seed", 2], ["replay", "base"]]), file), undefined);
  assertEquals(replayNote(new Map([["seed", 2]]), new Map()), undefined);
});
