import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { describeOptions } from "../../../src/cli/option_description.ts";
import { parseOptions } from "../../../src/cli/options.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";
import { renderingNames } from "../../../src/data/renderings.ts";

import { distillOptionsSchema, renderingSchema, taskNameSchema } from "../../../src/schemas/distill_options.ts";
import { searchOptionsSchema } from "../../../src/schemas/search_options.ts";
import { tasks } from "../../../src/tasks/table.ts";

const parse = (...args: string[]) => {
  const options = parseOptions(distillOptionsSchema, args, { command: { name: "distill", summary: "Trains." } });
  assert(options);
  return options;
};

Deno.test("tasks and renderings of the command are those that there are", () => {
  assertEquals([...taskNameSchema.options].sort(), ["classification", ...Object.keys(tasks)].sort());
  assertEquals([...renderingSchema.options].sort(), [...renderingNames].sort());
});

Deno.test("flags of distill are read, teachers may be repeated", () => {
  const options = parse("--teacher", "a.onnx", "--teacher", "b.npy", "--no-baseline", "--epochs", "2", "--test");
  assertEquals(options.teacher, ["a.onnx", "b.npy"]);
  assertEquals([options.noBaseline, options.test, options.epochs, options.distiller], [true, true, 2, "kd"]);
  assertEquals(parse().teacher, ["auto"]);
  assertEquals([parse().noBaseline, parse().teachers, parse().trainImages], [false, undefined, undefined]);
});

Deno.test("flags of one meaning have one declaration in distill and search", () => {
  const [own, others] = [distillOptionsSchema, searchOptionsSchema].map((schema) =>
    new Map(describeOptions(schema).map(({ group: _group, ...option }) => [option.flag, option]))
  );
  for (
    const flag of [
      "teacher",
      "teachers",
      "fresh-teacher",
      "teacher-classes",
      "teacher-resize",
      "dataset",
      "image-size",
      "json",
    ]
  ) {
    assertEquals(own.get(flag), others.get(flag), flag);
  }
});

Deno.test("values out of range are refused by flag and in one line", () => {
  const cases: [string[], string][] = [
    [["--task", "segmentaton"], 'did you mean "segmentation"?'],
    [["--rendering", "edge"], "--rendering is edge; allowed: plain, edges"],
    [["--epochs", "0"], "--epochs is 0; allowed: a whole number from 1 to 10000"],
    [["--teachers", "17"], "--teachers is 17"],
    [["--distiller-options", "{"], "--distiller-options is not valid JSON"],
  ];
  for (const [args, part] of cases) assertStringIncludes(assertThrows(() => parse(...args), UsageError).message, part);
});
