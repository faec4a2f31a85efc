import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describeOptions } from "../../../src/cli/option_description.ts";
import { parseOptions } from "../../../src/cli/options.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { exportOptionsSchema } from "../../../src/schemas/export_options.ts";
import { reportOptionsSchema } from "../../../src/schemas/report_options.ts";
import { runsOptionsSchema } from "../../../src/schemas/runs_options.ts";
import { searchOptionsSchema } from "../../../src/schemas/search_options.ts";

const command = { name: "runs", summary: "Lists." };

Deno.test("help of search, runs, report and export fits 100 columns and names every default", () => {
  for (const schema of [searchOptionsSchema, runsOptionsSchema, reportOptionsSchema, exportOptionsSchema]) {
    let help = "";
    parseOptions(schema, ["--help"], { command, print: (text) => help += text });
    for (const line of help.split("\n")) assert(line.length <= 100, line);
    const words = help.replace(/\s+/g, " ");
    for (const { flag, defaultText } of describeOptions(schema)) {
      assertStringIncludes(words, `--${flag} `);
      if (defaultText) assertStringIncludes(words, `(default: ${defaultText}`);
    }
  }
});

Deno.test("runs lists by default, and deletes by name or clears the cache when told to", () => {
  const runs = (...args: string[]) => parseOptions(runsOptionsSchema, args, { command });
  assertEquals<unknown>(runs(), { delete: [], clearCache: false, dataDir: ".nacre", json: false });
  assertEquals(runs("--delete", "a", "--delete", "b")?.delete, ["a", "b"]);
  assertEquals(runs("--clear-cache", "--json", "--data-dir", "x"), {
    delete: [],
    clearCache: true,
    dataDir: "x",
    json: true,
  });
  assertThrows(() => runs("--delete", "../x"), UsageError, "--delete is ../x; allowed: the name of a run");
});
