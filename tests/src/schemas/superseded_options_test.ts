import { assertEquals } from "@std/assert";
import { parseOptions } from "../../../src/cli/options.ts";
import { optionsOfConfig, resolveRunConfig, type RunConfig } from "../../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../../src/schemas/search_options.ts";
import { supersededOptions } from "../../../src/schemas/superseded_options.ts";

const command = { name: "search", summary: "" };

function resolve(...args: string[]): RunConfig {
  const options = parseOptions(searchOptionsSchema, args, { command, superseded: supersededOptions });
  if (!options) throw new Error("help was not asked for");
  return resolveRunConfig(options, { cores: 2 });
}

/** The configuration by `flags` beside the file that a search by `first` leaves. */
function again(first: readonly string[], flags: readonly string[]): RunConfig {
  const path = Deno.makeTempFileSync({ suffix: ".json" });
  try {
    Deno.writeTextFileSync(path, JSON.stringify(optionsOfConfig(resolve(...first))));
    return resolve("--config", path, ...flags);
  } finally {
    Deno.removeSync(path);
  }
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
