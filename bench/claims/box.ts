// What a search covers: its front's hypervolume as a share of a box that is the same for all.
import { hypervolume } from "../../search/pareto.ts";

/** From half of all images right to all of them, and up to twice the reference network's latency. */
const leastAccuracy = 0.5;
const mostLatencies = 2;

/** Share of the box, 0 to 1, that `students` cover. */
export function coveredShare(
  students: readonly { accuracy: number; latencyMs: number }[],
  referenceMs: number,
): number {
  const latencyMs = mostLatencies * referenceMs;
  return hypervolume(students, { accuracy: leastAccuracy, latencyMs }) / ((1 - leastAccuracy) * latencyMs);
}

export const boxInWords = "share of the box from 50 to 100 % accuracy and 0 to 2 reference latencies";
