// Every task beyond classification, by name: a new one is one file, a row here and its name in
// src/schemas/distill_options.ts, which may not import this. A name without a row does not compile, nor a row without a
// name. What methods can be for - see distillation/distiller.ts - is fewer names: two tasks here are detection.
import { suggest } from "../cli/suggest.ts";
import { taskNames } from "../distillation/distiller.ts";
import type { TaskOptionName } from "../schemas/distill_options.ts";
import { depth } from "./depth.ts";
import { createDetection, detection } from "./detection.ts";
import { regression } from "./regression.ts";
import { retrieval } from "./retrieval.ts";
import { segmentation } from "./segmentation.ts";
import type { Task } from "./task.ts";

/** All tasks that have a head of their own. */
export const tasks = {
  detection,
  "detection-two-stage": createDetection({ head: "two-stage" }),
  segmentation,
  depth,
  regression,
  retrieval,
} satisfies Record<Exclude<TaskOptionName, "classification">, Task>;

/** The task `name`; RangeError, naming those there are, where it has none. */
export function taskOf(name: string): Task {
  const table: Record<string, Task> = tasks;
  if (Object.hasOwn(table, name)) return table[name];
  const names = Object.keys(table);
  const hint = (taskNames as readonly string[]).includes(name) ? "" : suggest(name, names);
  throw new RangeError(`unknown task "${name}"; allowed are ${names.join(", ")}${hint}`);
}
