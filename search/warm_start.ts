// Which student's weights the training of another one starts from.
import { countParameters, layoutOf } from "../src/ops/layout.ts";
import { inheritedNodes } from "../src/models/inherit.ts";
import type { Architecture } from "../src/schemas/architecture.ts";
import type { Trial } from "../src/schemas/trial.ts";
import type { RunStore } from "./store/run_store.ts";

/** Share of the parameters of `child` that it would inherit from `parent`, from 0 to 1. */
export function sharedParameters(parent: Architecture, child: Architecture): number {
  const { nodes } = layoutOf(child);
  let shared = 0;
  for (const [index, parentIndex] of inheritedNodes(parent, child).entries()) {
    if (parentIndex === undefined) continue;
    for (const { size } of nodes[index].parameters) shared += size;
  }
  return shared / countParameters(child);
}

/**
 * The one of `candidates` that shares most parameters with `child`, the earlier one among equals; undefined where none
 * shares any.
 */
export function nearestParent<T extends Pick<Trial, "architecture" | "number">>(
  child: Architecture,
  candidates: readonly T[],
): T | undefined {
  let nearest: { candidate: T; shared: number } | undefined;
  for (const candidate of candidates.toSorted((a, b) => a.number - b.number)) {
    const shared = sharedParameters(candidate.architecture, child);
    if (shared > (nearest?.shared ?? 0)) nearest = { candidate, shared };
  }
  return nearest?.candidate;
}

/**
 * What the longer training of a completed trial starts from: 0 for the run's backbone, undefined for random weights. A
 * network that has any of a backbone had a start for its trial already: grown ones contain it, baselines start from it
 * or from nothing.
 */
export function longerStart(store: Pick<RunStore, "get">, { startedFrom }: Pick<Trial, "startedFrom">): 0 | undefined {
  return store.get("backboneHash") === undefined || startedFrom === undefined ? undefined : 0;
}
