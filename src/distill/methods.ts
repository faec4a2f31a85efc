// What commands ask of the table of methods beside making one: options in full, and what fits a task.
import { completeOptions } from "../distillation/table.ts";
import type { TaskName } from "../distillation/distiller.ts";
import { listMethods, type MethodRow, methods } from "../procedures/table.ts";

type Options = Record<string, unknown>;

function ownOptions(name: string, options: Options): Options {
  const table: Record<string, unknown> = methods;
  return completeOptions(table[name] as Parameters<typeof completeOptions>[0], options);
}

/**
 * `options` of the method or sum `name`, which `createMethod` has accepted, with all defaults filled in: what results
 * depend on. Those of a sum are by method.
 */
export function completeMethodOptions(name: string, options: Options): Options {
  const parts = name.split("+");
  if (parts.length === 1) return ownOptions(name, options);
  return Object.fromEntries(parts.map((part) => [part, ownOptions(part, (options[part] ?? {}) as Options)]));
}

/** Methods whose paper is about `task`. */
export function methodsOfTask(task: TaskName): MethodRow[] {
  return listMethods().filter(({ tasks }) => tasks.includes(task));
}

/** Throws a RangeError of one line where `method` is not for `task`: what it is for, and what the task has instead. */
export function requireTask(method: { name: string; tasks: readonly TaskName[] }, task: TaskName): void {
  if (method.tasks.includes(task)) return;
  const names = methodsOfTask(task).map(({ name }) => name).join(", ");
  const fits = method.tasks.length > 0 ? `is for ${method.tasks.join(", ")}` : "adds up methods of no common task";
  throw new RangeError(`${method.name} ${fits}; ${task} has ${names}`);
}
