// Numbers as tables of results show them.
import type { Architecture } from "../../src/schemas/architecture.ts";

/** A share as percent with two decimals. */
export function percent(share: number): number {
  return Math.round(share * 10_000) / 100;
}

export function rounded(value: number, decimals = 3): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}

/** Mean measured latency of `students` over the target; null where one was not measured. */
export function latencyShare(
  students: readonly Architecture[],
  measuredMs: (architecture: Architecture) => number | undefined,
  targetMs: number,
): number | null {
  let sum = 0;
  for (const student of students) {
    const latencyMs = measuredMs(student);
    if (latencyMs === undefined) return null;
    sum += latencyMs;
  }
  return rounded(sum / students.length / targetMs);
}
