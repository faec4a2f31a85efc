import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/usage_error.ts";
import { optionsOfConfig, resolveRunConfig, runConfigHash } from "../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";
import { completeSpaceOptions } from "../../src/spaces/table.ts";
import { completeControllerOptions } from "../../search/controllers/table.ts";
import { configInFull, withFullOptions } from "../../search/full_options.ts";

const inFull = (options: Record<string, unknown>) => withFullOptions(searchOptionsSchema.parse(options));
const refusal = (options: Record<string, unknown>) => {
  const { message } = assertThrows(() => inFull(options), UsageError) as Error;
  assertEquals(message.includes("\n"), false);
  return message;
};

Deno.test("options of space and controller are filled in", () => {
  const { controllerOptions, spaceOptions } = inFull({ controller: "random" });
  assertEquals(spaceOptions, completeSpaceOptions("mnas"));
  assertEquals(controllerOptions, completeControllerOptions("random"));
  assertEquals(inFull({ spaceOptions: { form: "imagenet" } }).spaceOptions, { form: "imagenet" });
});

Deno.test("unknown options of space and controller are refused in one line that says what is allowed", () => {
  assertStringIncludes(refusal({ spaceOptions: { from: "small" } }), "--space-options: ");
  assertStringIncludes(refusal({ spaceOptions: { from: "small" } }), "options of mnas: form");
  assertStringIncludes(refusal({ controllerOptions: { hiden: 3 } }), "--controller-options: ");
  assertStringIncludes(refusal({ controllerOptions: { hiden: 3 } }), "options of ppo: ");
});

Deno.test("a method that cannot start from given weights is refused where weights would be given", () => {
  for (const options of [{ warmStart: true }, { space: "growth" }]) {
    assertStringIncludes(
      refusal({ distiller: "born-again", ...options }),
      "--distiller born-again cannot start from given weights, as --warm-start and --space growth need",
    );
    inFull({ distiller: "kd", ...options });
  }
});

Deno.test("the preset paper has the papers' numbers of the controller, and the user's win", () => {
  const paper = inFull({ preset: "paper" }).controllerOptions;
  const usual = inFull({}).controllerOptions;
  assertEquals([paper.learningRate, usual.learningRate === paper.learningRate], [3.5e-4, false]);
  const own = inFull({ preset: "paper", controllerOptions: { learningRate: 0.01 } }).controllerOptions;
  assertEquals(own, { ...paper, learningRate: 0.01 });
  // A controller of another paper has its own defaults.
  assertEquals(inFull({ preset: "paper", controller: "random" }).controllerOptions, {});
});

Deno.test("a run's options give its configuration again, also where the method takes no automatic teacher", () => {
  for (const options of [{}, { distiller: "none" }, { preset: "paper" }, { teacher: ["a.onnx"], preset: "smoke" }]) {
    const config = configInFull(resolveRunConfig(inFull(options), { cores: 2 }));
    const file = JSON.parse(JSON.stringify(optionsOfConfig(config)));
    const again = configInFull(resolveRunConfig(inFull(file), { cores: 2 }));
    assertEquals(again, config);
    assertEquals(runConfigHash(again), runConfigHash(config));
  }
});
