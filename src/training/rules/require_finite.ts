// Values that a network does not run on may be lost without its loss or weights telling: rounding makes levels of them.
import { DivergedError } from "../train_steps.ts";

/** Throws a DivergedError where one of `values`, called `what`, is not finite after step `step`. */
export function requireFinite(values: Float32Array, { what, step }: { what: string; step: number }): void {
  // Zero unless one is infinite or not a number; this is done at every step, over all weights.
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += 0 * values[i];
  if (sum !== 0) throw new DivergedError(`${what} is not finite after step ${step}`);
}
