import { assert, assertEquals, assertNotEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describeOptions } from "../../../src/cli/option_description.ts";
import { parseOptions } from "../../../src/cli/options.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import fc from "fast-check";
import { presetSchema } from "../../../src/schemas/presets.ts";
import {
  differingFields,
  optionsOfConfig,
  resolveRunConfig,
  runConfigHash,
  runConfigSchema,
} from "../../../src/schemas/run_config.ts";
import { searchOptionsSchema } from "../../../src/schemas/search_options.ts";

const command = { name: "search", summary: "Searches." };
const parse = (...args: string[]) => {
  const options = parseOptions(searchOptionsSchema, args, { command });
  assert(options);
  return options;
};
const resolve = (...args: string[]) => resolveRunConfig(parse(...args), { cores: 2 });
const refusal = (...args: string[]) => assertThrows(() => parse(...args), UsageError).message;

/** For every flag a value, what it needs beside it, and the field of the configuration that it changes. */
const flags: Record<
  string,
  { value?: string; with?: string[]; field: keyof ReturnType<typeof resolve>; becomes: unknown }
> = {
  preset: { value: "smoke", field: "preset", becomes: "smoke" },
  trials: { value: "7", field: "trials", becomes: 7 },
  "train-images": { value: "70", field: "trainImages", becomes: 70 },
  epochs: { value: "7", field: "epochs", becomes: 7 },
  "batch-size": { value: "7", field: "batchSize", becomes: 7 },
  views: { value: "7", field: "views", becomes: 7 },
  "validation-images": { value: "7", field: "validationImages", becomes: 7 },
  "final-top": { value: "0", field: "finalTop", becomes: 0 },
  "final-sample": { value: "7", field: "finalSample", becomes: 7 },
  foresee: { field: "foresee", becomes: true },
  prune: { field: "prune", becomes: true },
  "warm-start": { field: "warmStart", becomes: true },
  "final-train-images": { value: "7", field: "finalTrainImages", becomes: 7 },
  "final-epochs": { value: "7", field: "finalEpochs", becomes: 7 },
  "teacher-train-images": { value: "7", field: "teacherTrainImages", becomes: 7 },
  "teacher-epochs": { value: "7", field: "teacherEpochs", becomes: 7 },
  trainers: { value: "7", field: "trainers", becomes: 7 },
  dataset: { value: "mnist", field: "dataset", becomes: "mnist" },
  "image-size": { value: "32", field: "imageSize", becomes: 32 },
  space: { value: "mnas", field: "space", becomes: "mnas" },
  "space-options": { value: '{"form":"imagenet"}', field: "spaceOptions", becomes: { form: "imagenet" } },
  "controller-options": { value: '{"hidden":7}', field: "controllerOptions", becomes: { hidden: 7 } },
  "controller-batch": { value: "7", field: "controllerBatch", becomes: 7 },
  controller: { value: "random", field: "controller", becomes: "random" },
  teacher: { value: "mine.onnx", field: "teacher", becomes: ["mine.onnx"] },
  teachers: { value: "2", field: "teachers", becomes: 2 },
  "teacher-normalisation": { value: "unit", field: "teacherNormalisation", becomes: "unit" },
  "teacher-resize": { field: "teacherResize", becomes: true },
  "teacher-colours": { field: "teacherColours", becomes: true },
  "teacher-classes": { value: "2,0,1", field: "teacherClasses", becomes: "2,0,1" },
  "teacher-architecture": { value: "resnet20", field: "teacherArchitecture", becomes: "resnet20" },
  "teacher-network": { value: "resnet32", field: "teacherNetwork", becomes: "resnet32" },
  "fresh-teacher": { field: "freshTeacher", becomes: true },
  distiller: { value: "none", field: "distiller", becomes: { name: "none", options: {} } },
  "distiller-options": {
    value: '{"alpha":0.5}',
    field: "distiller",
    becomes: { name: "kd", options: { alpha: 0.5 } },
  },
  seed: { value: "7", field: "seed", becomes: 7 },
  device: { value: "phone=12.5:2", field: "devices", becomes: [{ name: "phone", targetMs: 12.5, weight: 2 }] },
  runtime: { value: "tfjs-webgl", field: "runtime", becomes: "tfjs-webgl" },
  profile: { value: "certified", field: "profile", becomes: "certified" },
  "target-profile": { value: "certified", field: "targetProfile", becomes: "certified" },
  "device-wait": { value: "30", field: "deviceWait", becomes: 30 },
  "device-gone": { value: "continue", field: "deviceGone", becomes: "continue" },
  lan: { field: "lan", becomes: true },
  "target-ms": { value: "5", field: "devices", becomes: [{ name: "here", targetMs: 5, weight: 1 }] },
  reward: { value: "soft", field: "reward", becomes: "soft" },
  exponents: { value: "0,-0.5", field: "exponents", becomes: [0, -0.5] },
  "absolute-weight": {
    value: "-0.1",
    field: "absoluteWeight",
    becomes: -0.1,
    with: ["--reward", "absolute"],
  },
  "latency-table": { value: "a.json", field: "latencyTable", becomes: ["a.json"], with: ["--foresee"] },
  combine: { value: "mean", field: "combine", becomes: "mean" },
  "max-parameters": { value: "7", field: "maxParameters", becomes: 7 },
  "max-memory-bytes": { value: "7", field: "maxMemoryBytes", becomes: 7 },
  "max-download-bytes": { value: "7", field: "maxDownloadBytes", becomes: 7 },
  "max-multiply-adds": { value: "7", field: "maxMultiplyAdds", becomes: 7 },
  "learning-rate": { value: "0.01", field: "learningRate", becomes: 0.01 },
  "data-seed": { value: "4", field: "dataSeed", becomes: 4 },
  "max-latency-ms": { value: "7.5", field: "maxLatencyMs", becomes: 7.5 },
  replay: { value: "earlier", field: "replay", becomes: "earlier" },
  run: { value: "mine", field: "run", becomes: "mine" },
  port: { value: "8080", field: "port", becomes: 8080 },
  "data-dir": { value: "elsewhere", field: "dataDir", becomes: "elsewhere" },
  json: { field: "json", becomes: true },
};

Deno.test("every flag of search reaches the configuration", () => {
  const all = describeOptions(searchOptionsSchema).map((option) => option.flag);
  // Nothing is searched by --list.
  assertEquals(Object.keys(flags).sort(), all.filter((flag) => flag !== "list").sort());
  assertEquals(resolve("--list"), resolve());
  for (const [flag, { value, with: others = [], field, becomes }] of Object.entries(flags)) {
    const config = resolve(`--${flag}`, ...(value === undefined ? [] : [value]), ...others);
    assertEquals<unknown>(config[field], becomes, flag);
  }
});

Deno.test("a configuration is complete, fits its schema and survives JSON", () => {
  for (const args of [[], ["--target-ms", "3", "--device", "a", "--run", "b"], ["--distiller", "none"]]) {
    const config = resolve(...args);
    assertEquals(runConfigSchema.parse(JSON.parse(JSON.stringify(config))), config);
  }
});

Deno.test("there is one trainer per core, and at least one", () => {
  assertEquals(resolveRunConfig(parse(), { cores: 6 }).trainers, 6);
  assertEquals(resolveRunConfig(parse(), { cores: 0 }).trainers, 1);
});

Deno.test("the common target holds for devices without their own", () => {
  assertEquals(resolve("--device", "a=3:2", "--device", "b", "--target-ms", "9").devices, [
    { targetMs: 3, name: "a", weight: 2 },
    { targetMs: 9, name: "b", weight: 1 },
  ]);
  assertEquals(resolve("--device", "a").devices, [{ name: "a", weight: 1 }]);
});

Deno.test("the options of a configuration give its run again, whatever they were", () => {
  const decimals = fc.double({ min: 0.001, max: 1e6, noNaN: true, noDefaultInfinity: true });
  const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  fc.assert(fc.property(
    fc.constantFrom(...presetSchema.options),
    maybe(fc.constantFrom("hard" as const, "soft" as const)),
    fc.uniqueArray(fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), targetMs: maybe(decimals) }), {
      minLength: 1,
      maxLength: 3,
      selector: ({ name }) => name,
    }),
    maybe(decimals),
    maybe(fc.constantFrom("mine", "other.run")),
    fc.record({
      trials: maybe(fc.integer({ min: 1, max: 999 })),
      foresee: maybe(fc.boolean()),
      space: fc.constantFrom("mnas", "growth"),
      prune: fc.boolean(),
      seed: fc.nat(),
      maxMemoryBytes: maybe(fc.integer({ min: 1, max: 1e9 })),
      exponents: maybe(fc.tuple(fc.double({ min: -10, max: 0, noNaN: true }), fc.constantFrom(-1, 0))),
      controllerOptions: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.jsonValue()),
      teacher: fc.constantFrom(["auto"], ["a.onnx", "b.onnx"]),
      json: fc.boolean(),
    }),
    (preset, reward, devices, targetMs, run, others) => {
      const device = devices.map(({ name, targetMs }) => (targetMs === undefined ? name : `${name}=${targetMs}`));
      // One that all devices make useless is refused.
      const common = devices.some((one) => one.targetMs === undefined) ? targetMs : undefined;
      const given = searchOptionsSchema.parse({ preset, reward, device, targetMs: common, run, ...others });
      const config = resolveRunConfig(given, { cores: 3 });
      const file = JSON.parse(JSON.stringify(optionsOfConfig(config)));
      const again = resolveRunConfig(searchOptionsSchema.parse(file), { cores: 8 });
      assertEquals(differingFields(again, config), []);
      assertEquals([runConfigHash(again), again.run], [runConfigHash(config), config.run]);
      assertEquals(optionsOfConfig(again), file);
      assertEquals(["json", "trainers", "dataDir"].filter((name) => name in file), []);
    },
  ));
});

Deno.test("a space that grows is judged by accuracy alone, unless a target or a reward is given", () => {
  const judged = (...args: string[]) => {
    const { exponents, reward } = resolve("--space", "growth", ...args);
    return [reward, exponents];
  };
  assertEquals(judged(), ["hard", [0, 0]]);
  assertEquals(judged("--max-latency-ms", "5"), ["hard", [0, 0]]);
  for (const target of [["--target-ms", "5"], ["--device", "here=5"], ["--reward", "hard"]]) {
    assertEquals(judged(...target), ["hard", undefined]);
  }
  assertEquals(judged("--reward", "soft"), ["soft", undefined]);
  assertEquals(judged("--exponents", "0,-1"), ["hard", [0, -1]]);
  assertEquals(judged("--preset", "paper"), ["soft", undefined]);
  assertEquals(resolve("--space", "mnas").exponents, undefined);
  // The file leaves it open, so that a target given beside it counts.
  const { exponents, reward } = optionsOfConfig(resolve("--space", "growth"));
  assertEquals([exponents, reward], [undefined, undefined]);
});

Deno.test("several devices count by the worst, or by their weights where there are any", () => {
  assertEquals(resolve("--device", "a=1", "--device", "b").combine, "worst");
  assertEquals(resolve("--device", "a=1", "--device", "b=1:2").combine, "weighted");
  assertEquals(resolve("--device", "a=1", "--combine", "mean").combine, "mean");
});

Deno.test("names that lead elsewhere, and values out of range, are refused", () => {
  for (const name of [".hidden", "..", "a/b", "a\\b", "a b", "", "x".repeat(65), "é"]) {
    assertStringIncludes(refusal("--run", name), "--run ");
    assertStringIncludes(refusal("--replay", name), "--replay ");
  }
  for (const device of ["a=", "a=x", "a=1:", "=1", "a=-1", "a=1:2:3"]) {
    assertStringIncludes(refusal("--device", device), `--device is ${device}; allowed: NAME[=targetMs[:weight]]`);
  }
  const wrong = { trials: "0", seed: "-1", port: "70000", trainers: "0", "image-size": "4", "max-parameters": "0" };
  for (const [flag, value] of Object.entries(wrong)) {
    assertStringIncludes(refusal(`--${flag}`, value), `--${flag} is ${value}; allowed: a whole number`);
  }
  assertStringIncludes(refusal("--target-ms", "0"), "--target-ms is 0; allowed: milliseconds from 0.001 to 1000000");
});

Deno.test("options that do not go together are refused", () => {
  assertStringIncludes(refusal("--device", "a", "--device", "a=3"), '--device: names "a" twice');
  assertStringIncludes(refusal("--device", "a=0"), "a=0: a target is from 0.001 to 1000000 ms, got 0");
  assertStringIncludes(refusal("--device", "a=1:0"), "a=1:0: a weight is from 1e-9 to 1000000000, got 0");
  assertStringIncludes(refusal("--device", "a=1e100"), "a=1e100: a target is from 0.001 to 1000000 ms, got 1e+100");
  assertStringIncludes(refusal("--target-ms", "1e100"), "allowed: milliseconds from 0.001 to 1000000");
  for (const combine of ["worst", "mean"]) {
    const message = refusal("--device", "a=1", "--device", "b=1:2", "--combine", combine);
    assertStringIncludes(message, "--device: b=1:2: a weight needs --combine weighted");
  }
  assertStringIncludes(refusal("--reward", "absolute", "--exponents", "0,-1"), "--exponents: belongs to the rewards");
  assertStringIncludes(refusal("--absolute-weight", "-1"), "--absolute-weight: belongs to the reward absolute");
  assertStringIncludes(refusal("--reward", "absolute", "--prune"), "--prune: supposes that a faster student");
  assertStringIncludes(refusal("--exponents", "0.1,-1", "--prune"), "--prune: supposes that a faster student");
  assertStringIncludes(refusal("--prune", "--warm-start"), "--prune: bounds accuracies by those of earlier students");
  assertStringIncludes(refusal("--latency-table", "a.json"), "--latency-table: is for --foresee");
  assertStringIncludes(refusal("--teacher-classes", "1,b"), "--teacher-classes is 1,b; allowed: numbers from 0");
});

Deno.test("the hash, the name made from it and the differing fields depend on what results depend on", () => {
  const base = resolve();
  const irrelevant = [
    ...["--json", "--port=1", "--data-dir=x", "--trainers=9", "--run=x", "--fresh-teacher"],
    ...["--lan", "--device-wait=9", "--device-gone=continue"],
  ];
  const same = resolve(...irrelevant);
  assertEquals(runConfigHash(same), runConfigHash(base));
  assertEquals(differingFields(same, base), []);
  assertEquals(base.run, runConfigHash(base).slice(0, 12));

  const other = resolve("--seed", "2", "--max-parameters", "9", "--device", "phone", "--profile", "standard");
  assertNotEquals(runConfigHash(other), runConfigHash(base));
  assertNotEquals(other.run, base.run);
  assertEquals(differingFields(other, base), ["devices", "maxParameters", "profile", "seed"]);
  assertEquals(differingFields(base, other), ["devices", "maxParameters", "profile", "seed"]);
});
