import type { OptionDescription } from "./option_description.ts";
import { outputColumns } from "./output_columns.ts";
import { wrapWords } from "./text_width.ts";

/** What help says of a command beside its options. */
export interface CommandDescription {
  /** As it is called, for instance `search`. */
  name: string;
  /** What it does, in a sentence or two. */
  summary: string;
  /** Example calls, each with what it is for. */
  examples?: readonly { call: string; purpose: string }[];
}

const INDENT = 4;
const LEAST_COLUMNS = 60;
/** Longer lines are hard to read. */
const MOST_COLUMNS = 100;

/** How wide help is: as the terminal within limits, 80 columns elsewhere, since who reads it there sees it in one too. */
export function helpColumns(): number {
  return Math.min(MOST_COLUMNS, Math.max(LEAST_COLUMNS, outputColumns(80)));
}

/** The help of a command, at most `columns` wide: options by group, each with allowed values and default. */
export function formatHelp(
  command: CommandDescription,
  options: readonly OptionDescription[],
  columns: number,
): string {
  const lines = [`Usage: deno task ${command.name} [options]`, "", ...wrapWords(command.summary, columns)];
  for (const group of new Set(options.map((option) => option.group))) {
    lines.push("", `${group ?? "Options"}:`);
    for (const option of options.filter((other) => other.group === group)) lines.push(...optionLines(option, columns));
  }
  if (command.examples?.length) {
    lines.push("", "Examples:");
    for (const { call, purpose } of command.examples) {
      lines.push(...callLines(call, columns), ...indented(purpose, columns));
    }
  }
  return lines.join("\n");
}

function optionLines(option: OptionDescription, columns: number): string[] {
  const choices = option.choices.join("|");
  // Many choices do not fit beside the flag: they follow the description.
  const fit = choices.length > 0 && option.flag.length + choices.length + 5 <= columns;
  const value = fit ? choices : option.placeholder;
  const head = option.kind === "switch" ? `--${option.flag}` : `--${option.flag} ${value}`;
  const notes = [
    ...(option.defaultText ? [`default: ${option.defaultText}`] : []),
    ...(choices.length > 0 && !fit ? [`one of ${option.choices.join(", ")}`] : []),
    ...(option.repeatable ? ["may be repeated"] : []),
  ];
  const meaning = `${option.description}${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`;
  return [`  ${head}`, ...indented(meaning, columns)];
}

function indented(text: string, columns: number): string[] {
  return wrapWords(text, columns - INDENT).map((line) => " ".repeat(INDENT) + line);
}

/** A call that can be pasted as it stands: a line that is not the last ends with a backslash, and not amid quotes. */
function callLines(call: string, columns: number): string[] {
  const lines: string[] = [];
  let line = " ";
  for (const word of call.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? []) {
    if (line.length + 1 + word.length + 2 > columns && line.trim() !== "") {
      lines.push(`${line} \\`);
      line = " ".repeat(INDENT - 1);
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
