// The distillation method of a search, checked before anything is made.
import { UsageError } from "../src/cli/usage_error.ts";
import { completeMethodOptions, requireTask } from "../src/distill/methods.ts";
import type { Procedure } from "../src/procedures/procedure.ts";
import { createMethod } from "../src/procedures/table.ts";
import type { SearchOptions } from "../src/schemas/search_options.ts";

/** The method by its name; UsageError of one line on an unknown one, wrong options, or one for other tasks. */
export function searchMethod(name: string, options: Record<string, unknown>): Procedure {
  try {
    const method = createMethod(name, options);
    requireTask(method, "classification");
    return method;
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--distiller ${name}: ${error.message}`);
    throw error;
  }
}

/** `options` with those of the method in full; UsageError as {@linkcode searchMethod}. */
export function withMethodOptions(options: SearchOptions): SearchOptions {
  const { distiller, distillerOptions } = options;
  searchMethod(distiller, distillerOptions);
  return { ...options, distillerOptions: completeMethodOptions(distiller, distillerOptions) };
}
