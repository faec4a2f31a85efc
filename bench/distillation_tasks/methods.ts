// The methods of rows: those of the project, the benchmark's own, and `plain`, which trains without a teacher.
import type { Distiller, DistillerDefinition } from "../../src/distillation/distiller.ts";
import { completeOptions, distillers } from "../../src/distillation/table.ts";
import { boxImitation } from "./box_imitation.ts";
import type { Row } from "./settings.ts";

function definitionOf(method: string): DistillerDefinition {
  const table: Record<string, unknown> = { ...distillers, [boxImitation.name]: boxImitation, plain: distillers.none };
  if (!Object.hasOwn(table, method)) throw new RangeError(`no method "${method}"`);
  return table[method] as DistillerDefinition;
}

/** The row's options in full. */
export function optionsOf({ method, options = {} }: Row): Record<string, unknown> {
  return completeOptions(definitionOf(method), options);
}

/** The row's method with its options. */
export function distillerOf(row: Row): Distiller {
  return definitionOf(row.method).create(optionsOf(row));
}
