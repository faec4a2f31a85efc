// The part of @std/cli/parse-args that this project uses, over node:util, because JSR cannot be assumed to be
// reachable. deno.json maps the real name to this file: to switch, point that line at jsr:@std/cli/parse-args.
import { parseArgs as parseNodeArgs } from "node:util";

/** Options of {@linkcode parseArgs}; a subset of those of `@std/cli`. */
export interface ParseOptions {
  /** Flags without a value. */
  boolean?: readonly string[];
  /** Flags with a value. */
  string?: readonly string[];
  /** Flags of `string` that may be given several times; their values are arrays. */
  collect?: readonly string[];
  /** Other name to name. */
  alias?: Readonly<Record<string, string>>;
  /** Called for a flag that is not declared, and for a positional argument (`key` undefined). */
  unknown?: (argument: string, key?: string, value?: unknown) => unknown;
}

/** Parsed arguments: one entry per flag given, positional arguments in `_`. */
export type Args = { _: string[] } & Record<string, string | boolean | string[] | undefined>;

/**
 * Parses command-line arguments, as `parseArgs` of `@std/cli` does for the options above.
 * Unlike there, no default is filled in: a flag that was not given is absent.
 */
export function parseArgs(args: readonly string[], options: ParseOptions = {}): Args {
  const declared: Record<string, { type: "string" | "boolean"; multiple?: boolean }> = {};
  for (const name of options.boolean ?? []) declared[name] = { type: "boolean" };
  for (const name of options.string ?? []) declared[name] = { type: "string", multiple: true };
  for (const name of Object.keys(options.alias ?? {})) declared[name] = declared[options.alias![name]];
  const { tokens } = parseNodeArgs({ args: [...args], options: declared, strict: false, tokens: true });
  const result: Args = { _: [] };
  for (const token of tokens) {
    if (token.kind === "positional") {
      result._.push(token.value);
      options.unknown?.(token.value);
    } else if (token.kind === "option") {
      const name = options.alias?.[token.name] ?? token.name;
      const kind = declared[name]?.type;
      if (kind === undefined) options.unknown?.(token.rawName, name, token.value);
      else if (kind === "boolean") result[name] = token.value === undefined || token.value === "true";
      else if (options.collect?.includes(name)) {
        result[name] = [...(result[name] as string[] | undefined ?? []), token.value ?? ""];
      } else result[name] = token.value ?? "";
    }
  }
  return result;
}
