// What the chart remembers of a load: samples thinned out to a few dozen bins, small enough to survive a reload in
// sessionStorage, cheap enough to be kept up to date between two rounds.
import * as z from "zod";

/** Median, lower and upper quartile of some neighbouring samples of one network, in milliseconds. */
const pointSchema = z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]);

/** Bins in the order of time; each holds one point per network: small reference, large reference, candidates. */
export const traceSchema = z.strictObject({
  rounds: z.int().min(0),
  bins: z.array(z.strictObject({ rounds: z.int().positive(), points: z.array(pointSchema) })).max(200),
});

export type TracePoint = z.infer<typeof pointSchema>;
export type Trace = z.infer<typeof traceSchema>;

export const emptyTrace: Trace = { rounds: 0, bins: [] };

const binsPerChunk = 4;
const binsAtMost = 64;

/** The middle one, or the mean of the two middle ones. NaN for none. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * The trace with one more chunk of rounds (per round milliseconds per network, as many in each). Begins anew when there
 * are not as many networks as before: one of them failed.
 */
export function extendTrace(trace: Trace, rounds: readonly (readonly number[])[]): Trace {
  if (rounds.length === 0) return trace;
  const networks = rounds[0].length;
  if (trace.bins.length > 0 && trace.bins[0].points.length !== networks) return extendTrace(emptyTrace, rounds);
  const perBin = Math.ceil(rounds.length / binsPerChunk);
  const bins = [...trace.bins];
  for (let start = 0; start < rounds.length; start += perBin) {
    const part = rounds.slice(start, start + perBin);
    bins.push({
      rounds: part.length,
      points: Array.from({ length: networks }, (_, network) => pointOf(part.map((round) => round[network]))),
    });
  }
  return { rounds: trace.rounds + rounds.length, bins: bins.length > binsAtMost ? halved(bins) : bins };
}

function pointOf(samples: readonly number[]): TracePoint {
  const sorted = samples.toSorted((a, b) => a - b);
  const quarter = Math.floor(sorted.length / 4);
  return [rounded(medianOf(sorted)), rounded(sorted[quarter]), rounded(sorted[sorted.length - 1 - quarter])];
}

/** A network's median over the trace: the bins' medians by the weight of their rounds. Undefined for an empty trace. */
export function traceMedian(trace: Trace, network: number): number | undefined {
  const bins = trace.bins.map(({ rounds, points }) => ({ rounds, median: points[network][0] }))
    .sort((a, b) => a.median - b.median);
  let seen = 0;
  return bins.find(({ rounds }) => (seen += rounds) * 2 >= trace.rounds)?.median;
}

// Four digits are more than a chart shows, and keep what is stored small.
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function halved(bins: Trace["bins"]): Trace["bins"] {
  const merged: Trace["bins"] = [];
  for (let first = 0; first < bins.length; first += 2) {
    const pair = bins.slice(first, first + 2);
    const rounds = pair.reduce((sum, bin) => sum + bin.rounds, 0);
    const points = pair[0].points.map((_, network): TracePoint => [
      rounded(pair.reduce((sum, bin) => sum + bin.points[network][0] * bin.rounds, 0) / rounds),
      Math.min(...pair.map((bin) => bin.points[network][1])),
      Math.max(...pair.map((bin) => bin.points[network][2])),
    ]);
    merged.push({ rounds, points });
  }
  return merged;
}
