import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import * as z from "zod";
import { describeOptions } from "../../../src/cli/option_description.ts";
import { isGiven, parseOptions } from "../../../src/cli/options.ts";
import { UsageError } from "../../../src/cli/usage_error.ts";

const schema = z.strictObject({
  trials: z.int().min(1).max(100).default(10).meta({ description: "how many", group: "Work", placeholder: "N" }),
  targetMs: z.number().positive().optional().meta({ description: "how fast", group: "Work", defaultText: "measured" }),
  reward: z.enum(["hard", "soft"]).default("hard").meta({ description: "what counts", group: "Work" }),
  device: z.array(z.string().regex(/^[a-z]+$/, { abort: true })).min(1).default(["here"]).meta({
    description: "who measures",
    group: "Work",
    allowed: "small letters",
  }),
  exponents: z.tuple([z.number(), z.number()]).optional().meta({
    description: "two numbers",
    group: "Work",
    allowed: "two numbers, for instance 0,-1",
  }),
  extra: z.record(z.string(), z.unknown()).default({}).meta({ description: "more", group: "Other" }),
  folder: z.string().min(1).default("out").meta({ description: "where to", group: "Other" }),
  json: z.boolean().default(false).meta({ description: "machine-readable", group: "Other" }),
}).superRefine((options, context) => {
  if (options.reward === "soft" && options.exponents) {
    context.addIssue({ code: "custom", path: ["exponents"], message: "belongs to hard" });
  }
});

const command = { name: "try", summary: "Tries." };
const parse = (...args: string[]) => parseOptions(schema, args, { command });

/** The message of the one-line error that `args` lead to. */
function refusal(...args: string[]): string {
  const { message } = assertThrows(() => parse(...args), UsageError);
  assertMatch(message, /^[^\n]+$/);
  return message;
}

/** Calls `use` with the path of a file that holds `content`. */
function withFile(content: string, use: (path: string) => void): void {
  const path = Deno.makeTempFileSync({ suffix: ".json" });
  try {
    Deno.writeTextFileSync(path, content);
    use(path);
  } finally {
    Deno.removeSync(path);
  }
}

const defaults = { trials: 10, reward: "hard", device: ["here"], extra: {}, folder: "out", json: false };

Deno.test("without arguments every default holds", () => {
  assertEquals<unknown>(parse(), defaults);
});

Deno.test("each kind of flag becomes a value of its type", () => {
  const args = ["--trials", "3", "--target-ms=2.5", "--reward", "hard", "--device", "a", "--device", "b"];
  assertEquals<unknown>(
    parse(...args, "--exponents", "0,-1", "--extra", '{"a":[1]}', "--folder", "here and there", "--json"),
    {
      trials: 3,
      targetMs: 2.5,
      reward: "hard",
      device: ["a", "b"],
      exponents: [0, -1],
      extra: { a: [1] },
      folder: "here and there",
      json: true,
    },
  );
});

Deno.test("a wrong value is refused with the flag, the value and what is allowed", () => {
  assertEquals(refusal("--trials", "0"), "--trials is 0; allowed: a whole number from 1 to 100");
  assertEquals(refusal("--trials", "1.5"), "--trials is 1.5; allowed: a whole number from 1 to 100");
  assertEquals(refusal("--trials", "many"), "--trials is many; allowed: a whole number from 1 to 100");
  assertEquals(refusal("--trials", "Infinity"), "--trials is Infinity; allowed: a whole number from 1 to 100");
  assertEquals(refusal("--target-ms", "-1"), "--target-ms is -1; allowed: a number above 0");
  assertEquals(refusal("--device", "a", "--device", "B7"), "--device is B7; allowed: small letters");
  assertEquals(refusal("--exponents", "1"), "--exponents is [1]; allowed: two numbers, for instance 0,-1");
  assertEquals(refusal("--exponents", "1,b"), '--exponents is [1,"b"]; allowed: two numbers, for instance 0,-1');
  assertStringIncludes(refusal("--extra", "[1]"), "--extra is [1]; allowed: a JSON object");
  assertStringIncludes(refusal("--extra", "{\n"), "--extra is not valid JSON: { (");
});

Deno.test("a wrong name among few is refused with the nearest", () => {
  assertEquals(refusal("--reward", "sotf"), '--reward is sotf; allowed: hard, soft - did you mean "soft"?');
});

Deno.test("a rule between options is refused by the flag that it names", () => {
  assertEquals(refusal("--reward", "soft", "--exponents", "0,-1"), "--exponents: belongs to hard");
});

Deno.test("an unknown flag is refused with the nearest, or with the way to help", () => {
  assertEquals(refusal("--trails", "3"), 'Unknown option --trails - did you mean "--trials"?');
  assertEquals(refusal("--hlep"), 'Unknown option --hlep - did you mean "--help"?');
  assertEquals(refusal("--abracadabra=1"), "Unknown option --abracadabra; --help lists all");
  assertEquals(refusal("-x"), "Unknown option -x; --help lists all");
});

Deno.test("an argument that is no flag is refused", () => {
  assertStringIncludes(refusal("3"), 'Unexpected argument "3"');
});

Deno.test("a flag without its value, with one too many, or given twice is refused", () => {
  assertEquals(refusal("--trials"), "--trials needs a value; allowed: a whole number from 1 to 100");
  assertEquals(refusal("--trials", "--json"), "--trials needs a value; allowed: a whole number from 1 to 100");
  assertEquals(refusal("--folder="), "--folder needs a value; allowed: a text that is not empty");
  assertEquals(refusal("--json=maybe"), "--json is maybe; allowed: true or false");
  assertEquals(refusal("--trials", "1", "--trials", "2"), "--trials is given 2 times; allowed: once");
});

Deno.test("a configuration file gives values in either spelling, and flags win over it", () => {
  withFile('{ "trials": 5, "target-ms": 3, "device": ["a", "b"], "json": true, "extra": { "a": 1 } }', (path) => {
    assertEquals<unknown>(parse("--config", path, "--trials", "6", "--device", "c"), {
      ...defaults,
      trials: 6,
      targetMs: 3,
      device: ["c"],
      json: true,
      extra: { a: 1 },
    });
    assertEquals(parse("--json=false", "--config", path)?.json, false);
  });
  withFile('{ "targetMs": 4 }', (path) => assertEquals(parse("--config", path)?.targetMs, 4));
});

Deno.test("what --json gave is a configuration file too: its options are under config", () => {
  const from = (...args: string[]) => parseOptions(schema, args, { command, resultHoldsConfig: true });
  withFile('{ "run": "a", "trials": 99, "config": { "trials": 5 } }', (path) => {
    assertEquals(from("--config", path)?.trials, 5);
    assertEquals(from("--config", path, "--trials", "6")?.trials, 6);
    // Of a command whose result holds no options it is a mistake.
    assertStringIncludes(refusal("--config", path), 'unknown option "run"');
  });
  withFile('{ "config": 3 }', (path) => assertThrows(() => from("--config", path), UsageError, 'option "config"'));
  const helpOf = (resultHoldsConfig: boolean) => {
    let help = "";
    parseOptions(schema, ["--help"], { columns: 100, command, resultHoldsConfig, print: (text) => help += text });
    return help;
  };
  assertStringIncludes(helpOf(true), "or what --json gave");
  assert(!helpOf(false).includes("--json gave"));
});

Deno.test("what of a file holds beside flags is for the command to say", () => {
  const besideFlags = (flags: ReadonlyMap<string, unknown>, file: ReadonlyMap<string, unknown>) =>
    new Map(
      [...file].filter(([key]) => !(flags.has("reward") && key === "exponents")).map(([key, value]) =>
        [key, key === "trials" ? Number(value) + 1 : value] as const
      ),
    );
  withFile('{ "trials": 5, "targetMs": 0 }', (path) => {
    const { message } = assertThrows(
      () => parseOptions(schema, ["--config", path], { command, besideFlags }),
      UsageError,
    );
    assertStringIncludes(message, `${path}: targetMs is 0`);
  });
  withFile('{ "trials": 5, "exponents": [0, -1] }', (path) => {
    const options = parseOptions(schema, ["--config", path, "--reward", "soft"], { command, besideFlags });
    assertEquals([options?.trials, options?.exponents], [6, undefined]);
  });
});

Deno.test("what is wrong in a configuration file is refused with the file", () => {
  const cases: [string, (path: string) => string][] = [
    ['{ "trails": 5 }', (path) => `${path}: unknown option "trails" - did you mean "trials"?`],
    ['{ "help": true }', (path) => `${path}: unknown option "help"; --help lists all`],
    ['{ "trials": "5" }', (path) => `${path}: trials is "5"; allowed: a whole number from 1 to 100`],
    ['{ "trials": 0 }', (path) => `${path}: trials is 0; allowed: a whole number from 1 to 100`],
    ['{ "trials": null }', (path) => `${path}: trials is null; allowed: a whole number from 1 to 100`],
    ['{ "folder": 5 }', (path) => `${path}: folder is 5; allowed: a text that is not empty`],
    ['{ "reward": "sotf" }', (path) => `${path}: reward is "sotf"; allowed: hard, soft - did you mean "soft"?`],
    ['{ "device": "a" }', (path) => `${path}: device is "a"; allowed: a list, for instance ["a"]`],
    ['{ "device": 7 }', (path) => `${path}: device is 7; allowed: a list, for instance ["7"]`],
    ['{ "device": { "a": 1 } }', (path) => `${path}: device is {"a":1}; allowed: a list`],
    ['{ "device": [] }', (path) => `${path}: device is []; allowed: a list that is not empty`],
    ['{ "device": ["a", "B7"] }', (path) => `${path}: device is "B7"; allowed: small letters`],
    [
      '{ "exponents": "0,-1" }',
      (path) => `${path}: exponents is "0,-1"; allowed: a list of two numbers, for instance [0,-1]`,
    ],
    [
      '{ "exponents": [1] }',
      (path) => `${path}: exponents is [1]; allowed: a list of two numbers, for instance [0,-1]`,
    ],
    ['{ "targetMs": 1, "target-ms": 1 }', (path) => `${path}: "target-ms" is given twice`],
    ['{ "reward": "soft", "exponents": [1, 2] }', (path) => `${path}: exponents: belongs to hard`],
    ["[1]", (path) => `--config ${path} must hold one JSON object`],
    ['{ "trials":\n', (path) => `--config ${path} is not valid JSON: `],
  ];
  for (const [content, message] of cases) {
    withFile(content, (path) => assertStringIncludes(refusal("--config", path), message(path)));
  }
  assertStringIncludes(refusal("--config", "absent.json"), "Cannot read --config absent.json: ");
});

Deno.test("help lists every option once, by group, with allowed values and default", () => {
  for (const flag of ["--help", "-h"]) {
    let help = "";
    assertEquals(parseOptions(schema, ["--trials", "3", flag], { command, print: (text) => help += text }), null);
    const flags = help.split("\n").flatMap((line) => /^ {2}--([a-z-]+)/.exec(line)?.[1] ?? []);
    assertEquals(flags.toSorted(), [...describeOptions(schema).map((option) => option.flag), "config", "help"].sort());
    assertStringIncludes(help, "Usage: deno task try [options]\n\nTries.\n");
    assertStringIncludes(help, "Work:\n  --trials N\n    how many (default: 10)\n");
    assertStringIncludes(help, "  --target-ms VALUE\n    how fast (default: measured)\n");
    assertStringIncludes(help, "  --reward hard|soft\n    what counts (default: hard)\n");
    assertStringIncludes(help, "who measures (default: here; may be repeated)\n");
    assertStringIncludes(help, "\nOther:\n  --extra VALUE\n");
    assertStringIncludes(help, "  --json\n    machine-readable\n");
  }
});

Deno.test("help wraps at the width of the terminal and ends with the examples", () => {
  const long = z.strictObject({ word: z.string().default("a").meta({ description: "word ".repeat(60).trim() }) });
  const examples = [{ call: "deno task try --word b", purpose: "says b" }];
  for (const columns of [60, 80, 100]) {
    let help = "";
    parseOptions(long, ["--help"], { columns, command: { ...command, examples }, print: (text) => help += text });
    const widths = help.split("\n").map((line) => line.length);
    assert(Math.max(...widths) <= columns && Math.max(...widths) > columns - 5, String(columns));
    assertEquals(help.match(/\bword\b/g)?.length, 60 + 2); // the description, the flag and the example
    assertStringIncludes(help, "Options:\n  --word VALUE\n    word word");
    assert(help.endsWith("\nExamples:\n  deno task try --word b\n    says b"));
  }
});

Deno.test("a call too long for a line of the help can be pasted as it stands there", () => {
  const call = `deno task try --options '{"first": 1, "second": 2}' --word other --reward soft`;
  let help = "";
  const examples = [{ call, purpose: "both" }];
  parseOptions(schema, ["--help"], { columns: 60, command: { ...command, examples }, print: (text) => help += text });
  assertEquals(help.split("\n").slice(-3), [
    `  deno task try --options '{"first": 1, "second": 2}' \\`,
    "    --word other --reward soft",
    "    both",
  ]);
});

Deno.test("a flag counts as given in both of its forms, and not for another that begins alike", () => {
  assertEquals(isGiven(["--word", "a"], "word"), true);
  assertEquals(isGiven(["--word=a"], "word"), true);
  assertEquals(isGiven(["--word-options", "{}"], "word"), false);
});

Deno.test("a schema without description, or of a type that has no flag, is a mistake of the program", () => {
  const undescribed = z.strictObject({ trials: z.int() });
  assertThrows(() => parseOptions(undescribed, [], { command }), TypeError, 'Option "trials" has no description');
  const untyped = z.strictObject({ trials: z.null().meta({ description: "how many" }) });
  assertThrows(() => parseOptions(untyped, [], { command }), TypeError, "of type null");
});

Deno.test("an option without a default that is not given is named, with what is allowed", () => {
  const needed = z.strictObject({ run: z.string().min(1).meta({ description: "which", allowed: "a name" }) });
  const { message } = assertThrows(() => parseOptions(needed, [], { command }), UsageError);
  assertEquals(message, "--run is needed; allowed: a name");
});
