import { assert, assertEquals, assertRejects } from "@std/assert";
import { main } from "../../bench/main.ts";
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
