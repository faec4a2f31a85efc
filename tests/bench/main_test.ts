import { assert, assertEquals, assertRejects } from "@std/assert";
import { benches, configOf, main } from "../../bench/main.ts";
import { saveResult } from "../../bench/results.ts";
import { UsageError } from "../../src/cli/usage_error.ts";

Deno.test("wrong options of a benchmark are refused in one line that says what is allowed", async () => {
  const cases: [string[], string][] = [
    [["trainstep"], 'unknown benchmark "trainstep"'],
    [["trainstep"], 'did you mean "train-step"'],
    [["train-step", "--student", "smal"], "allowed: all, small, squeeze, wide, resnet20"],
    [["train-step", "--batch", "0"], "--batch is 0; allowed: a whole number from 1 to 4096"],
    [["train-step", "--rounds", "1.5"], "--rounds is 1.5"],
    [["train-step", "--thread", "2"], "--threads"],
    [["train-step", "small"], 'Unexpected argument "small"'],
    [["kernels", "--student", "all"], "--student is all"],
    [["trials", "--trainers", "0"], "--trainers is 0; allowed: a whole number from 1 to 256"],
    [["controllers", "--cpu"], "Unknown option --cpu"],
  ];
  for (const [args, part] of cases) await assertRejects(() => main(args), UsageError, part);
});

/** What `main` prints last, with `args` and --json. */
async function resultOf(...args: string[]): Promise<string> {
  let last = "";
  const { log } = console;
  console.log = (line: string) => last = line;
  try {
    await main([...args, "--json"]);
  } finally {
    console.log = log;
  }
  return last;
}

Deno.test("a result holds its options and the machine, and is a file that runs it again", async () => {
  const file = await Deno.makeTempFile({ suffix: ".json" });
  try {
    for (
      const args of [
        ["linear-theory", "--trials", "2", "--seed", "7"],
        ["controllers", "--seeds", "2", "--samples", "24", "--controller", "evolution", "--landscape", "small"],
      ]
    ) {
      const text = await resultOf(...args);
      await Deno.writeTextFile(file, text);
      const [{ date: _, ...first }, { date: __, ...again }] = [text, await resultOf(args[0], "--config", file)]
        .map((one) => JSON.parse(one));
      assertEquals(again, first);
      assertEquals(first.bench, args[0]);
      assert(first.machine.deno.length > 0);
    }
    const { config } = JSON.parse(await Deno.readTextFile(file));
    assertEquals(config, { seeds: 2, samples: [24], controller: ["evolution"], landscape: ["small"], workers: 2 });
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("the options that results hold are accepted again by every benchmark", () => {
  for (const { name, options } of Object.values(benches)) {
    const config = configOf(options.parse({}));
    for (const left of ["save", "json", "folder", "dataDir"]) assert(!(left in config), `${name}: ${left}`);
    assertEquals(configOf(options.parse(JSON.parse(JSON.stringify(config)))), config, name);
  }
});

Deno.test("a result is saved as JSON under its name and day", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const result = { date: "2026-02-03T04:05:06.789Z", ratio: 2 };
    const path = saveResult("train-step", result, new URL(`file://${folder}/`));
    assert(path.endsWith("/train-step-2026-02-03.json"));
    assertEquals(JSON.parse(await Deno.readTextFile(path)), result);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
