// Whether a report can be true at all, from what the server saw itself. Who passes may still have lied; who does not, has.
import type { LoadReport } from "../../src/schemas/measurement.ts";

/** What came in during a lease. */
export interface SeenRounds {
  rounds: number;
  /** Milliseconds per inference, summed over the rounds since a network failed last, per timed network. */
  sums: readonly number[];
}

/** A device's clock may run faster than this machine's by as much. */
const clockSkew = 1.002;

/** The reason why a report cannot be true, or null. `elapsedMs`: since the job was handed out. */
export function implausible(
  report: LoadReport,
  { networks, seen, elapsedMs }: { networks: number; seen: SeenRounds; elapsedMs: number },
): string | null {
  if (report.networks.length !== networks) {
    return `it speaks of ${report.networks.length} networks, but was given ${networks}`;
  }
  const timed = report.networks.filter((network) => network.outcome === "timed");
  if (report.rounds !== seen.rounds) return `it speaks of ${report.rounds} rounds, but sent ${seen.rounds}`;
  if (seen.rounds > 0 && seen.sums.length < timed.length) {
    return `its rounds hold ${seen.sums.length} times each, but ${timed.length} networks were timed`;
  }
  // A network may fail after the last round; then no round counts in any figure.
  const counted = seen.sums.length === timed.length ? seen.sums : [];
  const samplesMs = counted.reduce((sum, column, index) => sum + column * timed[index].runsPerSample, 0);
  const pausesMs = report.pauses.reduce((sum, { ms }) => sum + ms, 0);
  const claimedMs = samplesMs + pausesMs + report.warmUp.ms;
  if (claimedMs > elapsedMs * clockSkew) {
    return `it claims ${Math.ceil(claimedMs)} ms of work, but only ${Math.floor(elapsedMs)} ms went by`;
  }
  return null;
}
