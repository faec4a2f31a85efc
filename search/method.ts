// The distillation method of a search, checked before anything is made.
import { UsageError } from "../src/cli/usage_error.ts";
import { requireTask } from "../src/distill/methods.ts";
import { requireTeacherFlags, type TeacherFlags } from "../src/distill/teacher_flags.ts";
import type { Procedure } from "../src/procedures/procedure.ts";
import { createMethod } from "../src/procedures/table.ts";

/** The method by its name; UsageError of one line on an unknown one, wrong options, or one for other tasks. */
export function searchMethod(name: string, options: Record<string, unknown>): Procedure {
  try {
    const method = createMethod(name, options);
    requireTask(method, "classification");
    if (method.changesArchitecture) {
      throw new RangeError(
        "with these options it changes the network, but a search times and keeps the one that it proposes",
      );
    }
    return method;
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--distiller ${name}: ${error.message}`);
    throw error;
  }
}

/** Throws a UsageError on a flag about teachers that would be without effect. */
export function requireSearchFlags(method: Procedure, flags: TeacherFlags): void {
  try {
    requireTeacherFlags(method, flags);
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}
