import type * as z from "zod";
import { completeOptions, distillers } from "../distillation/table.ts";
import type { TaskName, TeacherNeed } from "../distillation/distiller.ts";

/** Rows of a table of methods, losses or procedures, by name. */
export type MethodTable = Record<string, {
  name: string;
  tasks: readonly TaskName[];
  options: z.ZodObject;
  create(options: never): {
    needs: readonly TeacherNeed[];
    firstNeeds?: readonly TeacherNeed[];
    teachers: { least: number; most: number };
  };
}>;

/** Methods of `table` for `task` that, with their default options, do with one teacher that gives `gives`. */
export function methodsFor(
  gives: readonly TeacherNeed[],
  { table = distillers, task = "classification" }: { table?: MethodTable; task?: TaskName } = {},
): string[] {
  return Object.values(table)
    .filter((definition) => {
      if (!definition.tasks.includes(task)) return false;
      const made = definition.create(completeOptions(definition, {}) as never);
      const needs = [...made.needs, ...made.firstNeeds ?? []];
      const { least, most } = made.teachers;
      return needs.length > 0 && least <= 1 && most >= 1 && needs.every((need) => gives.includes(need));
    })
    .map(({ name }) => name);
}
