import { assert, assertEquals } from "@std/assert";
import { describeOptions } from "../../../src/cli/option_description.ts";
import { parseOptions } from "../../../src/cli/options.ts";
import { byPreset, presets } from "../../../src/schemas/presets.ts";
import { resolveRunConfig, runConfigHash } from "../../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../../src/schemas/search_options.ts";

function resolve(...args: string[]) {
  const options = parseOptions(searchOptionsSchema, args, { command: { name: "search", summary: "Searches." } });
  assert(options);
  return resolveRunConfig(options, { cores: 2 });
}

Deno.test("numbers come from the preset where the user gave none", () => {
  const { trainers: _trainers, ...quick } = resolve();
  for (const [field, value] of Object.entries(presets.quick)) {
    assertEquals<unknown>(quick[field as keyof typeof presets.quick], value);
  }
  const smoke = resolve("--preset", "smoke", "--epochs", "9");
  assertEquals([smoke.trials, smoke.epochs], [presets.smoke.trials, 9]);
});

Deno.test("the presets have their numbers of trials", () => {
  const names = ["smoke", "quick", "standard", "paper"] as const;
  assertEquals(names.map((name) => presets[name].trials), [4, 24, 200, 8000]);
  assert(presets.standard.epochs >= 5 && presets.paper.epochs === 5);
});

Deno.test("help gives the numbers of all presets", () => {
  assertEquals(byPreset("trials"), "by preset: 4 for smoke; 24 for quick; 200 for standard; 8000 for paper");
  assertEquals(byPreset("foresee"), "by preset: off for smoke, quick and paper; on for standard");
  const help = new Map(describeOptions(searchOptionsSchema).map(({ key, defaultText }) => [key, defaultText]));
  for (const field of Object.keys(presets.quick) as (keyof typeof presets.quick)[]) {
    assert(help.get(field)?.startsWith(byPreset(field)), field);
  }
});

Deno.test("the preset paper has the paper's reward and minibatch, and options of the same names win", () => {
  const paper = resolve("--preset", "paper");
  assertEquals([paper.reward, paper.controllerBatch, paper.foresee, paper.space], ["soft", 20, false, "mnas"]);
  const own = resolve("--preset", "paper", "--reward", "hard", "--controller-batch", "5", "--trials", "40");
  assertEquals([own.reward, own.controllerBatch, own.trials, own.epochs], ["hard", 5, 40, 5]);
});

Deno.test("a preset counts by its numbers, not by its name", () => {
  const budget = Object.entries(presets.smoke).flatMap(([field, value]) => {
    const { flag } = describeOptions(searchOptionsSchema).find((option) => option.key === field) ?? {};
    return [`--${flag}=${value}`];
  });
  assertEquals(runConfigHash(resolve(...budget)), runConfigHash(resolve("--preset", "smoke")));
});

Deno.test("students are measured fast, and what targets come from by the standard, unless minutes count", () => {
  const profiles = (...args: string[]) => {
    const { profile, targetProfile } = resolve(...args);
    return [profile, targetProfile];
  };
  assertEquals(profiles(), ["fast", "fast"]);
  assertEquals(profiles("--preset", "standard"), ["fast", "standard"]);
  assertEquals(profiles("--profile", "certified", "--target-profile", "certified"), ["certified", "certified"]);
});
