// From arguments to checked options. The schema is the only declaration: flags, help, configuration files and
// defaults follow from it.
import { parseArgs } from "@std/cli/parse-args";
import * as z from "zod";
import { type CommandDescription, formatHelp, helpColumns } from "./help.ts";
import { camelCase, describeOptions, kebabCase, type OptionDescription } from "./option_description.ts";
import { suggest } from "./suggest.ts";
import { UsageError } from "./usage_error.ts";

/** Settings of {@linkcode parseOptions}. */
export interface ParseOptionsSettings {
  command: CommandDescription;
  /** Writes the help; `console.log` if not given. */
  print?: (text: string) => void;
  /** Width of the help; that of the terminal, within limits, if not given. */
  columns?: number;
  /** What of the values in the file of `--config` holds beside the flags; everything if not given. */
  besideFlags?: (
    flags: ReadonlyMap<string, unknown>,
    file: ReadonlyMap<string, unknown>,
  ) => ReadonlyMap<string, unknown>;
  /** Whether what the command says by `--json` holds its options, as `config`, and is a file of `--config` too. */
  resultHoldsConfig?: boolean;
}

/** A raw value and where it was found, for errors: `--trials`, or `search.json: trials`. */
interface Given {
  value: unknown;
  where: string;
  /** Whether it is JSON of a file. */
  isJson?: boolean;
}

/** Flags of every command, which no schema declares. */
function commonOptions(resultHoldsConfig: boolean) {
  const files = `JSON file of options, named as here without dashes in front${
    resultHoldsConfig ? ", or what --json gave" : ""
  }`;
  return z.strictObject({
    config: z.string().min(1).optional().meta({ placeholder: "FILE", description: `${files}; flags win over it` }),
    help: z.boolean().default(false).meta({ description: "show this help" }),
  });
}

/**
 * Parses `args` by `schema`: flags win over the file of `--config`, which wins over the schema's defaults.
 * Returns null where `--help` was given: the help is printed, and nothing is left to do.
 * Throws UsageError, its message one line, on anything that is not allowed.
 */
export function parseOptions<Schema extends z.ZodObject>(
  schema: Schema,
  args: readonly string[],
  settings: ParseOptionsSettings,
): z.output<Schema> | null {
  const { besideFlags, columns, command, print = console.log, resultHoldsConfig = false } = settings;
  const options = describeOptions(schema);
  const lastGroup = options.at(-1)?.group;
  const common = describeOptions(commonOptions(resultHoldsConfig)).map((option) => ({ ...option, group: lastGroup }));

  const flags = readFlags(args, [...options, ...common]);
  if (flags.get("help")?.value === true) {
    print(formatHelp(command, [...options, ...common], columns ?? helpColumns()));
    return null;
  }
  const configFile = flags.get("config")?.value as string | undefined;
  const file = configFile === undefined
    ? new Map<string, Given>()
    : readConfigFile(configFile, { options, resultHoldsConfig });
  const own = new Map([...flags].filter(([key]) => options.some((option) => option.key === key)));
  const held = besideFlags?.(valuesOf(own), valuesOf(file)) ?? valuesOf(file);
  const kept = [...file].flatMap(([key, one]): [string, Given][] =>
    held.has(key) ? [[key, { ...one, value: held.get(key) }]] : []
  );
  const given = new Map([...kept, ...flags]);
  const values = options.flatMap(({ key }) => given.has(key) ? [[key, given.get(key)?.value]] : []);
  const result = schema.safeParse(Object.fromEntries(values));
  if (result.success) return result.data;
  throw new UsageError(describeIssue(result.error.issues[0], options, given));
}

/** Whether `args` give the option `flag`, be it with the value that is its default too. */
export function isGiven(args: readonly string[], flag: string): boolean {
  return args.some((argument) => argument === `--${flag}` || argument.startsWith(`--${flag}=`));
}

function valuesOf(given: ReadonlyMap<string, Given>): Map<string, unknown> {
  return new Map([...given].map(([key, { value }]) => [key, value]));
}

/** The values that `args` give, by key. */
function readFlags(args: readonly string[], options: readonly OptionDescription[]): Map<string, Given> {
  const names = options.map(({ flag }) => `--${flag}`);
  const switches = options.filter(({ kind }) => kind === "switch").map(({ flag }) => flag);
  const withValue = options.filter(({ kind }) => kind !== "switch").map(({ flag }) => flag);
  const parsed = parseArgs(args, {
    boolean: switches,
    string: withValue,
    collect: withValue,
    alias: { h: "help" },
    unknown: (argument, key) => {
      if (key === undefined) {
        throw new UsageError(`Unexpected argument "${argument}"; allowed are options only, listed by --help`);
      }
      throw new UsageError(`Unknown option ${argument}${suggest(argument, names) || "; --help lists all"}`);
    },
  });
  // The parser takes any value of a switch but "true" for false.
  for (const { allowed, flag } of options.filter(({ kind }) => kind === "switch")) {
    const wrong = args.find((argument) => argument.startsWith(`--${flag}=`) && !/=(true|false)$/.test(argument));
    if (wrong) throw new UsageError(`--${flag} is ${wrong.slice(flag.length + 3)}; allowed: ${allowed}`);
  }
  const given = new Map<string, Given>();
  for (const option of options) {
    const value = parsed[option.flag];
    if (value === undefined) continue;
    const where = `--${option.flag}`;
    given.set(option.key, { value: Array.isArray(value) ? readTexts(value, option) : value, where });
  }
  return given;
}

function readTexts(texts: readonly string[], option: OptionDescription): unknown {
  for (const text of texts) {
    if (text === "" || text.startsWith("--")) {
      throw new UsageError(`--${option.flag} needs a value; allowed: ${option.allowed}`);
    }
  }
  const values = texts.map((text) => readText(text, option));
  if (option.repeatable) return values;
  if (values.length > 1) throw new UsageError(`--${option.flag} is given ${values.length} times; allowed: once`);
  return values[0];
}

/** The value that `text` stands for; the text itself where it stands for none, so that the schema refuses it. */
function readText(text: string, { flag, kind }: OptionDescription): unknown {
  switch (kind) {
    case "number":
      return readNumber(text);
    case "list":
      return text.split(",").map(readNumber);
    case "json":
      try {
        return JSON.parse(text);
      } catch (error) {
        throw new UsageError(`--${flag} is not valid JSON: ${text} (${(error as Error).message})`);
      }
    default:
      return text;
  }
}

function readNumber(text: string): number | string {
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) ? value : text;
}

/** The values that the JSON file at `path` gives, by key. */
function readConfigFile(
  path: string,
  { options, resultHoldsConfig }: { options: readonly OptionDescription[]; resultHoldsConfig: boolean },
): Map<string, Given> {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    throw new UsageError(`Cannot read --config ${path}: ${(error as Error).message}`);
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--config ${path} is not valid JSON: ${(error as Error).message}`);
  }
  if (content === null || typeof content !== "object" || Array.isArray(content)) {
    throw new UsageError(`--config ${path} must hold one JSON object, for instance {"trials": 10}`);
  }
  const { config } = content as { config?: unknown };
  if (resultHoldsConfig && config !== null && typeof config === "object" && !Array.isArray(config)) content = config;
  const given = new Map<string, Given>();
  for (const [name, value] of Object.entries(content as object)) {
    const key = camelCase(name);
    if (!options.some((option) => option.key === key)) {
      const names = options.map(({ flag }) => flag);
      throw new UsageError(
        `${path}: unknown option "${name}"${suggest(kebabCase(name), names) || "; --help lists all"}`,
      );
    }
    if (given.has(key)) throw new UsageError(`${path}: "${name}" is given twice, as "${kebabCase(name)}" and "${key}"`);
    given.set(key, { value, where: `${path}: ${name}`, isJson: true });
  }
  return given;
}

/** One line about what is wrong: which option, its value, what is allowed. */
function describeIssue(
  issue: z.core.$ZodIssue,
  options: readonly OptionDescription[],
  given: ReadonlyMap<string, Given>,
): string {
  const option = options.find(({ key }) => key === issue.path[0]);
  if (!option) throw new TypeError(`A schema of options refuses what is no option: ${issue.message}`);
  const { isJson, value, where } = given.get(option.key) ?? { value: undefined, where: `--${option.flag}` };
  if (issue.code === "custom") return `${where}: ${issue.message}`;
  const isOfList = option.repeatable && Array.isArray(value) && typeof issue.path[1] === "number";
  const wrong = isOfList ? value[issue.path[1] as number] : value;
  if (wrong === undefined) return `${where} is needed; allowed: ${option.allowed}`;
  // In a file text and number are told apart by their quotes.
  const shown = typeof wrong === "string" && !isJson ? wrong : JSON.stringify(wrong);
  const allowed = !isJson || isOfList ? option.allowed : allowedInJson(option, wrong);
  return `${where} is ${shown}; allowed: ${allowed}${suggest(String(wrong), option.choices)}`;
}

/** What is allowed in a file, where flags are spelled otherwise: several values are a list there. */
function allowedInJson({ allowed, kind, repeatable }: OptionDescription, wrong: unknown): string {
  if (repeatable) {
    const example = kind === "text" ? String(wrong) : wrong;
    if (Array.isArray(wrong)) return wrong.length === 0 ? "a list that is not empty" : allowed;
    return typeof wrong === "object" ? "a list" : `a list, for instance ${JSON.stringify([example])}`;
  }
  if (kind === "list") return `a list of ${allowed.replace(/for instance (.+)$/, "for instance [$1]")}`;
  return allowed;
}
