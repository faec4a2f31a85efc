// Every distillation method by name: a new one is one file and one row.
import type { Distiller } from "./distiller.ts";
import { kd, type KdOptions } from "./kd.ts";
import { none } from "./none.ts";

const distillers = { kd, none } satisfies Record<string, (options?: KdOptions) => Distiller>;

/** Names of the methods. */
export type DistillerName = keyof typeof distillers;

/** Creates the method `name`; RangeError on an unknown name or an option out of range. */
export function createDistiller(name: DistillerName, options: KdOptions = {}): Distiller {
  if (!Object.hasOwn(distillers, name)) {
    throw new RangeError(`unknown distiller "${name}"; allowed are ${Object.keys(distillers).join(", ")}`);
  }
  return distillers[name](options);
}
