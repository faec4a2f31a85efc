import type { OptionDescription } from "./option_description.ts";

/** What help says of a command beside its options. */
export interface CommandDescription {
  /** As it is called, for instance `search`. */
  name: string;
  /** What it does, in a sentence or two. */
  summary: string;
  /** Example calls, each with what it is for. */
  examples?: readonly { call: string; purpose: string }[];
}

const WIDTH = 100;
const INDENT = 4;

/** The help of a command, at most 100 columns wide: options by group, each with allowed values and default. */
export function formatHelp(command: CommandDescription, options: readonly OptionDescription[]): string {
  const lines = [`Usage: deno task ${command.name} [options]`, "", ...wrap(command.summary, 0)];
  for (const group of new Set(options.map((option) => option.group))) {
    lines.push("", `${group ?? "Options"}:`);
    for (const option of options.filter((other) => other.group === group)) lines.push(...optionLines(option));
  }
  if (command.examples?.length) {
    lines.push("", "Examples:");
    for (const { call, purpose } of command.examples) lines.push(`  ${call}`, ...wrap(purpose, INDENT));
  }
  return lines.join("\n");
}

function optionLines(option: OptionDescription): string[] {
  const choices = option.choices.join("|");
  // Many choices do not fit beside the flag: they follow the description.
  const fit = choices.length > 0 && option.flag.length + choices.length + 5 <= WIDTH;
  const value = fit ? choices : option.placeholder;
  const head = option.kind === "switch" ? `--${option.flag}` : `--${option.flag} ${value}`;
  const notes = [
    ...(option.defaultText ? [`default: ${option.defaultText}`] : []),
    ...(choices.length > 0 && !fit ? [`one of ${option.choices.join(", ")}`] : []),
    ...(option.repeatable ? ["may be repeated"] : []),
  ];
  return [`  ${head}`, ...wrap(`${option.description}${notes.length > 0 ? ` (${notes.join("; ")})` : ""}`, INDENT)];
}

function wrap(text: string, indent: number): string[] {
  const margin = " ".repeat(indent);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(margin + line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, margin + line];
}
