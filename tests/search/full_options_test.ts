import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../../src/cli/usage_error.ts";
import { optionsOfConfig, resolveRunConfig, runConfigHash } from "../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../src/schemas/search_options.ts";
import { completeSpaceOptions, createSpace } from "../../src/spaces/table.ts";
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

Deno.test("a backbone in a file is read into the options, and what is wrong with one is named", () => {
  const path = Deno.makeTempFileSync({ suffix: ".json" });
  const backbone = createSpace("growth", { height: 32, width: 32, channels: 3, classes: 4 }).reference(1);
  const growing = (given: unknown) => ({ space: "growth", spaceOptions: { backbone: given } });
  try {
    Deno.writeTextFileSync(path, JSON.stringify(backbone));
    assertEquals(inFull(growing(path)).spaceOptions, inFull(growing(backbone)).spaceOptions);
    const nodes = backbone.nodes.with(1, { op: "nosuch", inputs: [0] } as never);
    const wrong = `nodes.1.op: `;
    assertStringIncludes(refusal(growing({ ...backbone, nodes })), `backbone: no Architecture: ${wrong}`);
    Deno.writeTextFileSync(path, JSON.stringify({ ...backbone, nodes }));
    assertStringIncludes(refusal(growing(path)), `backbone: ${path} holds no Architecture: ${wrong}`);
    Deno.writeTextFileSync(path, "{");
    assertStringIncludes(refusal(growing(path)), `backbone: cannot read ${path}: it is not JSON`);
  } finally {
    Deno.removeSync(path);
  }
  assertStringIncludes(refusal(growing(path)), `backbone: cannot read ${path}: No such file`);
  assertStringIncludes(refusal(growing("resnet9")), "an Architecture, or, in a search, a .json file with one");
});
