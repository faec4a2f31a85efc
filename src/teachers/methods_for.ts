import { completeOptions, distillers } from "../distillation/table.ts";
import type { DistillerDefinition, TaskName, TeacherNeed } from "../distillation/distiller.ts";

/** Methods for `task` that, with their default options, do with one teacher that gives `gives`. */
export function methodsFor(gives: readonly TeacherNeed[], task: TaskName = "classification"): string[] {
  return Object.values<DistillerDefinition>(distillers as unknown as Record<string, DistillerDefinition>)
    .filter((definition) => {
      if (!definition.tasks.includes(task)) return false;
      const { needs, teachers } = definition.create(completeOptions(definition, {}));
      return needs.length > 0 && teachers.least <= 1 && teachers.most >= 1 &&
        needs.every((need) => gives.includes(need));
    })
    .map(({ name }) => name);
}
