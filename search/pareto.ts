// The trade between accuracy and latency: which students no other student beats, and how much they cover together.

/** What is traded: accuracy (more is better) against latency (less is better). */
export interface AccuracyLatency {
  accuracy: number;
  latencyMs: number;
}

/**
 * The points that no other point beats, sorted by latency (and so by accuracy).
 * A point is beaten by one that is no worse in both and better in one; of equal points the first given stays.
 * Throws RangeError on a value that is not finite.
 */
export function paretoFront<T extends AccuracyLatency>(points: readonly T[]): T[] {
  for (const { accuracy, latencyMs } of points) {
    if (!Number.isFinite(accuracy) || !Number.isFinite(latencyMs)) {
      throw new RangeError(`A point of a Pareto front must be finite: accuracy ${accuracy}, latency ${latencyMs} ms`);
    }
  }
  const sorted = [...points].sort((a, b) => a.latencyMs - b.latencyMs || b.accuracy - a.accuracy);
  let bestAccuracy = -Infinity;
  return sorted.filter(({ accuracy }) => {
    if (accuracy <= bestAccuracy) return false;
    bestAccuracy = accuracy;
    return true;
  });
}

/**
 * The area, in accuracy times milliseconds, that `points` cover between themselves and `reference`, the worst corner
 * of interest (lowest accuracy, highest latency). What lies beyond the reference covers nothing.
 * Throws RangeError on a value that is not finite. Source: Zitzler and Thiele, PPSN 1998.
 */
export function hypervolume(points: readonly AccuracyLatency[], reference: AccuracyLatency): number {
  if (!Number.isFinite(reference.accuracy) || !Number.isFinite(reference.latencyMs)) {
    const { accuracy, latencyMs } = reference;
    throw new RangeError(`A reference point must be finite: accuracy ${accuracy}, latency ${latencyMs} ms`);
  }
  let area = 0;
  let covered = reference.accuracy;
  for (const { accuracy, latencyMs } of paretoFront(points)) {
    if (latencyMs >= reference.latencyMs) break;
    if (accuracy <= covered) continue;
    area += (accuracy - covered) * (reference.latencyMs - latencyMs);
    covered = accuracy;
  }
  return area;
}
