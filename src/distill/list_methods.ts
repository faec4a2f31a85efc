// `--list`: the methods as a table, or the options of one.
import * as z from "zod";
import { plainTable, type TableColumn } from "../cli/plain_table.ts";
import { distillers } from "../distillation/table.ts";
import { createMethod, listMethods, procedures } from "../procedures/table.ts";
import { completeMethodOptions } from "./methods.ts";

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

/** The table as lines at most `width` columns wide. */
export function methodLines(methods: readonly ListedMethod[], width: number): string[] {
  const columns: TableColumn<ListedMethod>[] = [
    { head: "method", cell: ({ name }) => name, dropOrder: 0 },
    { head: "what it does", cell: ({ summary }) => summary, dropOrder: 0 },
    { head: "tasks", cell: ({ tasks }) => tasks.length > 3 ? "all" : tasks.join(", "), dropOrder: 1 },
    { head: "teachers", cell: ({ teachers }) => teachers, dropOrder: 2 },
    { head: "must give", cell: ({ needs }) => needs.join(", ") || "–", dropOrder: 3 },
    { head: "paper", cell: ({ paper }) => paper, dropOrder: 4 },
    { head: "kind", cell: ({ kind }) => kind, dropOrder: 5 },
  ];
  return plainTable(columns, methods, width);
}

export interface ListedOption {
  method: string;
  name: string;
  default: unknown;
  description: string;
}

/** The options of a method or a sum, with their defaults. RangeError on an unknown name. */
export function listedOptions(name: string): ListedOption[] {
  createMethod(name);
  const defaults = completeMethodOptions(name, {});
  const parts = name.split("+");
  const table = { ...distillers, ...procedures } as unknown as Record<string, { options: z.ZodObject }>;
  return parts.flatMap((part) => {
    const { properties = {} } = z.toJSONSchema(table[part].options, { io: "input" });
    return Object.entries(properties).map(([option, schema]) => ({
      method: part,
      name: option,
      default: (parts.length > 1 ? defaults[part] as Record<string, unknown> : defaults)[option] ?? null,
      description: typeof schema === "object" ? schema.description ?? "" : "",
    }));
  });
}

/** The options as lines at most `width` columns wide. */
export function optionLines(options: readonly ListedOption[], width: number): string[] {
  const columns: TableColumn<ListedOption>[] = [
    { head: "method", cell: ({ method }) => method, dropOrder: 1 },
    { head: "option", cell: ({ name }) => name, dropOrder: 0 },
    { head: "default", cell: ({ default: value }) => value === null ? "–" : JSON.stringify(value), dropOrder: 0 },
    { head: "what it is", cell: ({ description }) => description, dropOrder: 2 },
  ];
  return plainTable(columns, options, width);
}
