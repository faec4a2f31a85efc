// `--list`: the methods, or the options of one.
import type * as z from "zod";
import { headingLines, type ListedOption, listOptions, optionLines } from "../cli/option_list.ts";
import { type ListColumn, NOTHING, plainList } from "../cli/plain_list.ts";
import { createMethod, listMethods, methods } from "../procedures/table.ts";

export interface ListedMethod {
  name: string;
  kind: "loss" | "procedure";
  tasks: readonly string[];
  paper: string;
  /** What a teacher must give. */
  needs: readonly string[];
  /** How many teachers it takes: `1`, `0 or 1`, `1 or more`. */
  teachers: string;
  summary: string;
}

function countText({ least, most }: { least: number; most: number }): string {
  if (most === Infinity) return least === 0 ? "any" : `${least} or more`;
  if (least === most) return String(least);
  return most === least + 1 ? `${least} or ${most}` : `${least} to ${most}`;
}

/** All methods with what they take. */
export function listedMethods(): ListedMethod[] {
  return listMethods().map(({ name, kind, tasks, paper, summary }) => {
    const { needs, teachers } = createMethod(name);
    return { name, kind, tasks, paper, needs, teachers: countText(teachers), summary };
  });
}

/** The methods as lines at most `width` columns wide. */
export function methodLines(methods: readonly ListedMethod[], width: number): string[] {
  const columns: ListColumn<ListedMethod>[] = [
    { head: "method", cell: ({ name }) => name },
    { head: "what it does", cell: ({ summary }) => summary },
    { head: "tasks", cell: ({ tasks }) => tasks.length > 3 ? "all" : tasks.join(", ") },
    { head: "teachers", cell: ({ teachers }) => teachers },
    { head: "must give", cell: ({ needs }) => needs.join(", ") || NOTHING },
    { head: "paper", cell: ({ paper }) => paper === "-" ? NOTHING : paper },
    { head: "kind", cell: ({ kind }) => kind },
  ];
  return plainList(columns, methods, width);
}

export interface ListedMethodOption extends ListedOption {
  method: string;
}

/** The options of a method or a sum, with their defaults. RangeError on an unknown name. */
export function listedOptions(name: string): ListedMethodOption[] {
  createMethod(name);
  const table: Record<string, { options: z.ZodObject }> = methods;
  return name.split("+").flatMap((method) =>
    listOptions(table[method].options).map((option) => ({ method, ...option }))
  );
}

/** What each part of the method or sum `name` is, then `options` as lines at most `width` columns wide. */
export function methodOptionLines(name: string, options: readonly ListedMethodOption[], width: number): string[] {
  const parts = name.split("+");
  const rows = listMethods().filter((row) => parts.includes(row.name));
  const more: ListColumn<ListedMethodOption>[] = parts.length > 1
    ? [{ head: "method", cell: ({ method }) => method }]
    : [];
  return [
    ...rows.flatMap((row) => headingLines(row, width)),
    "",
    ...(options.length > 0 ? optionLines(options, width, more) : [`${name} has no options`]),
  ];
}
