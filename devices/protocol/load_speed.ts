// How fast the device was in each load of a session, by its references: heat that was there before a load began does not
// show within it.
import type { RawLoad } from "../../src/schemas/measurement.ts";
import { median } from "./statistics.ts";
import { validRounds } from "./valid_rounds.ts";

/** Log slowdown of a load against the fastest one beyond which it must not stand beside that. */
export const throttledAbove = 0.15;

/** Standard error of a median, in median absolute deviations times the root of the count, for a normal distribution. */
const errorPerDeviation = 1.253 * 1.483;
const errorsAllowed = 3;

/** A logarithm, and how well it is known. */
interface LogTime {
  value: number;
  error: number;
}

function logMedian(samplesMs: readonly number[]): LogTime {
  const logs = samplesMs.map(Math.log);
  const value = median(logs);
  const deviation = median(logs.map((log) => Math.abs(log - value)));
  return { value, error: errorPerDeviation * deviation / Math.sqrt(logs.length) };
}

/** Mean over the two references; undefined where one failed or no round counts. */
function logTime(raw: RawLoad): LogTime | undefined {
  const rounds = validRounds(raw);
  if (rounds.length === 0 || raw.report.networks.slice(0, 2).some(({ outcome }) => outcome === "failed")) {
    return undefined;
  }
  const [small, large] = [0, 1].map((column) => logMedian(rounds.map((round) => round[column])));
  return { value: (small.value + large.value) / 2, error: Math.hypot(small.error, large.error) / 2 };
}

/**
 * By load: log slowdown of its references against the fastest load, as far as the noise of short loads cannot explain it;
 * 0 where there is none and where no round counts.
 */
export function slowdowns(loads: readonly RawLoad[]): number[] {
  const times = loads.map(logTime);
  const known = times.filter((time) => time !== undefined);
  if (known.length === 0) return loads.map(() => 0);
  const fastest = known.reduce((least, time) => time.value < least.value ? time : least);
  return times.map((time) =>
    time === undefined
      ? 0
      : Math.max(0, time.value - fastest.value - errorsAllowed * Math.hypot(time.error, fastest.error))
  );
}
