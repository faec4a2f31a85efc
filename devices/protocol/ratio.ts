// How a model's time compares with the references' times of the same rounds. Whatever slows the device for a while slows
// a whole round, so it cancels within the round; what is left differs between fresh loads, which the interval includes.
import { Random } from "../../src/data/random.ts";
import type { Nominal } from "../../src/schemas/measurement.ts";
import { bootstrapMedians, median, quantile } from "./statistics.ts";

/** Milliseconds per inference of the same rounds, in the order taken. */
export interface PairedSeries {
  candidateMs: ArrayLike<number>;
  smallMs: ArrayLike<number>;
  largeMs: ArrayLike<number>;
}

/**
 * What is known of the spread between fresh loads before any is compared: log standard deviation, and for how many degrees of
 * freedom it counts beside what the loads themselves show.
 */
export interface SpreadPrior {
  deviation: number;
  degreesOfFreedom: number;
}

export interface Interval {
  value: number;
  low: number;
  high: number;
}

export interface RatioEstimate extends Interval {
  /** Of each load; its interval is of its own samples alone and says nothing of other loads. */
  loads: Interval[];
  nominal: Nominal;
  /** The references' own times in these loads. */
  ownNominal: Nominal;
  /** Where the model lies between the references, in ln(latency): 0 small, 1 large. */
  position: number;
  /** Log drift of the references from `nominal` at that position. */
  drift: number;
  /** Largest log drift of a load's references from all the loads' own times, at that position. */
  driftBetweenLoads: number;
  /** Half the width, in ln, of the interval that blocks alone would give. */
  blockHalfWidth: number;
}

const resamples = 400;
const confidence = 0.95;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Mean over loads of ln(median): every load counts alike, however many samples it has. */
function logMedian(series: readonly ArrayLike<number>[]): number {
  return mean(series.map((samples) => Math.log(median(samples))));
}

/** The references' own times in these loads. */
export function ownNominal(loads: readonly PairedSeries[]): Nominal {
  return {
    smallMs: Math.exp(logMedian(loads.map(({ smallMs }) => smallMs))),
    largeMs: Math.exp(logMedian(loads.map(({ largeMs }) => largeMs))),
  };
}

/** Where `candidateMs` lies between `smallMs` (0) and `largeMs` (1) in ln(latency), clipped to them. */
export function positionBetween(candidateMs: number, { smallMs, largeMs }: Nominal): number {
  if (!(largeMs > smallMs)) return 0;
  return Math.min(1, Math.max(0, Math.log(candidateMs / smallMs) / Math.log(largeMs / smallMs)));
}

function driftOf(now: Nominal, nominal: Nominal, position: number): number {
  return (1 - position) * Math.log(now.smallMs / nominal.smallMs) + position * Math.log(now.largeMs / nominal.largeMs);
}

/** Odd, so that the median of a window is as often above the median of all rounds as below it. */
const roundsPerWindow = 5;
/** With fewer there would be too few windows to resample. */
const fewestRoundsForWindows = 150;

/** ln of the median of every window of 5 consecutive rounds; of every single round where there are fewer than 150. */
export function logWindowMedians(samplesMs: ArrayLike<number>): Float64Array {
  const length = samplesMs.length < fewestRoundsForWindows ? 1 : roundsPerWindow;
  const window = new Float64Array(length);
  return Float64Array.from({ length: Math.floor(samplesMs.length / length) }, (_, index) => {
    for (let i = 0; i < length; i++) window[i] = samplesMs[index * length + i];
    return Math.log(window.sort()[length >> 1]);
  });
}

/**
 * Per window of rounds ln c - ((1 - t) ln(s / S) + t ln(l / L)) - ln S: the log ratio to the nominal small reference.
 *
 * Of windows rather than of single rounds since one interrupted block spoils a round, but not the median of five. Of medians
 * throughout, as the nominal times are: the median of a network that has two speeds is corrected, not replaced by its
 * faster one.
 */
export function pairedLogRatios(series: PairedSeries, position: number, nominal: Nominal): Float64Array {
  const logSmall = Math.log(nominal.smallMs);
  const logLarge = Math.log(nominal.largeMs);
  const small = logWindowMedians(series.smallMs);
  const large = logWindowMedians(series.largeMs);
  return logWindowMedians(series.candidateMs).map((candidate, window) => {
    const drift = (1 - position) * (small[window] - logSmall) + position * (large[window] - logLarge);
    return candidate - drift - logSmall;
  });
}

/** A draw from Student's t with whole `degreesOfFreedom`. */
function studentT(random: Random, degreesOfFreedom: number): number {
  let chiSquared = 0;
  for (let i = 0; i < degreesOfFreedom; i++) chiSquared += random.normal() ** 2;
  return random.normal() / Math.sqrt(chiSquared / degreesOfFreedom);
}

/**
 * Standard deviation between loads beyond what their samples explain, moderated by `prior` (Smyth 2004, equation 4.1:
 * variances weighted by their degrees of freedom).
 */
function betweenLoads(values: readonly number[], withinVariance: number, prior: SpreadPrior): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  const own = Math.max(0, squares - (values.length - 1) * withinVariance);
  const degrees = prior.degreesOfFreedom + values.length - 1;
  return Math.sqrt((prior.degreesOfFreedom * prior.deviation ** 2 + own) / degrees);
}

function variance(values: Float64Array): number {
  const centre = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, values.length - 1);
}

/**
 * A two-level 95 % interval of a mean over loads of medians within loads, on the scale of `series`. Blocks are bootstrapped;
 * loads are too few for that (three can be drawn in 10 ways, one in 1), so their level is a moderated t (Smyth 2004).
 */
export function twoLevelInterval(
  series: readonly ArrayLike<number>[],
  { prior, seed = 1 }: { prior: SpreadPrior; seed?: number },
): { estimate: Interval; loads: Interval[]; blockHalfWidth: number } {
  if (series.length === 0 || series.some(({ length }) => length === 0)) {
    throw new RangeError("Cannot estimate from a load without samples");
  }
  const random = new Random(seed);
  const values = series.map((samples) => median(samples));
  const draws = series.map((samples) => bootstrapMedians(samples, { random, resamples }));
  const between = betweenLoads(values, mean(draws.map(variance)), prior) / Math.sqrt(series.length);
  const degreesOfFreedom = prior.degreesOfFreedom + series.length - 1;
  const blocks = Float64Array.from({ length: resamples }, (_, index) => mean(draws.map((draw) => draw[index])));
  // Several draws of the load level per draw of the blocks: the tails of t need more of them.
  const both = Float64Array.from(
    { length: resamples * 10 },
    (_, index) => blocks[index % resamples] + between * studentT(random, degreesOfFreedom),
  ).sort();
  const sides = (sorted: Float64Array) => ({
    low: quantile(sorted, (1 - confidence) / 2),
    high: quantile(sorted, (1 + confidence) / 2),
  });
  blocks.sort();
  const own = sides(blocks);
  return {
    estimate: { value: mean(values), ...sides(both) },
    loads: values.map((value, index) => ({ value, ...sides(draws[index].sort()) })),
    blockHalfWidth: (own.high - own.low) / 2,
  };
}

/** `interval` on the scale of which it is the logarithm. */
export function exponential({ value, low, high }: Interval): Interval {
  return { value: Math.exp(value), low: Math.exp(low), high: Math.exp(high) };
}

/**
 * A model's time in nominal times of the small reference: exp of the mean over loads of the medians of
 * {@linkcode pairedLogRatios}. Without a stored `nominal` the references' own times in these loads stand for it, so that
 * a model as fast as the small reference has exactly its paired ratio to that. RangeError if a load has no rounds.
 */
export function estimateRatio(
  loads: readonly PairedSeries[],
  { nominal: stored, prior, seed }: { nominal?: Nominal; prior: SpreadPrior; seed?: number },
): RatioEstimate {
  if (loads.length === 0) throw new RangeError("Cannot estimate a ratio from 0 loads");
  const own = ownNominal(loads);
  const nominal = stored ?? own;
  // Among the references as they are now: a slowed device moves all three alike.
  const position = positionBetween(Math.exp(logMedian(loads.map(({ candidateMs }) => candidateMs))), own);
  const level = twoLevelInterval(loads.map((load) => pairedLogRatios(load, position, nominal)), { prior, seed });
  return {
    ...exponential(level.estimate),
    loads: level.loads.map(exponential),
    nominal,
    ownNominal: own,
    position,
    drift: driftOf(own, nominal, position),
    driftBetweenLoads: Math.max(...loads.map((load) => Math.abs(driftOf(ownNominal([load]), own, position)))),
    blockHalfWidth: level.blockHalfWidth,
  };
}
