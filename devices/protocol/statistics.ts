// Statistics of latency samples. Pure; outliers are kept.
import { Random } from "../../src/data/random.ts";

/** Statistics of latency samples, all in milliseconds. */
export interface SampleSummary {
  count: number;
  medianMs: number;
  p90Ms: number;
  p99Ms: number;
  /** Median absolute deviation from the median, unscaled. */
  madMs: number;
  /** Confidence interval of the median. */
  ciLowMs: number;
  ciHighMs: number;
}

export interface SummaryOptions {
  /** Of the interval; default 0.95. */
  confidence?: number;
  /** Bootstrap resamples; default 400. */
  resamples?: number;
  /** Consecutive samples drawn together; default: the square root of the count, rounded up. */
  blockLength?: number;
  /** Default 1. */
  seed?: number;
}

/** The `fraction` quantile of ascending `sorted`, linear between neighbours (type 7 of Hyndman and Fan 1996). */
export function quantile(sorted: ArrayLike<number>, fraction: number): number {
  const position = (sorted.length - 1) * fraction;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

/** The median of `values`, which are left as they are. RangeError if there are none. */
export function median(values: ArrayLike<number>): number {
  if (values.length === 0) throw new RangeError("Cannot take the median of 0 values");
  return quantile(Float64Array.from(values).sort(), 0.5);
}

/**
 * Summarises samples in the order taken. The interval of the median is a percentile interval of the circular block
 * bootstrap (Politis and Romano 1992), since neighbouring samples resemble each other.
 * RangeError if there are no samples, or one is not a positive finite number.
 */
export function summariseSamples(samplesMs: readonly number[], options: SummaryOptions = {}): SampleSummary {
  const { confidence = 0.95, seed = 1 } = options;
  if (samplesMs.length === 0) throw new RangeError("Cannot summarise 0 samples");
  const wrong = samplesMs.findIndex((sample) => !(sample > 0 && Number.isFinite(sample)));
  if (wrong >= 0) {
    throw new RangeError(
      `Cannot summarise samples: sample ${wrong} is ${samplesMs[wrong]} ms, not positive and finite`,
    );
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`Cannot summarise samples: confidence is ${confidence}, not between 0 and 1`);
  }
  const sorted = Float64Array.from(samplesMs).sort();
  const medianMs = quantile(sorted, 0.5);
  const deviations = sorted.map((sample) => Math.abs(sample - medianMs)).sort();
  const medians = bootstrapMedians(samplesMs, { ...options, random: new Random(seed) }).sort();
  return {
    count: samplesMs.length,
    medianMs,
    p90Ms: quantile(sorted, 0.9),
    p99Ms: quantile(sorted, 0.99),
    madMs: quantile(deviations, 0.5),
    ciLowMs: quantile(medians, (1 - confidence) / 2),
    ciHighMs: quantile(medians, (1 + confidence) / 2),
  };
}

/**
 * Medians of resamples of a series, in the order drawn: circular block bootstrap (Politis and Romano 1992), blocks as
 * long as the square root of the count unless given. Counts ranks instead of sorting each resample: linear in the count.
 */
export function bootstrapMedians(
  samples: ArrayLike<number>,
  { random, resamples = 400, blockLength = Math.ceil(Math.sqrt(samples.length)) }: {
    random: Random;
    resamples?: number;
    blockLength?: number;
  },
): Float64Array {
  const count = samples.length;
  const order = Uint32Array.from({ length: count }, (_, index) => index).sort((a, b) => samples[a] - samples[b]);
  const sorted = Float64Array.from(order, (index) => samples[index]);
  const rankOf = new Uint32Array(count);
  order.forEach((index, rank) => rankOf[index] = rank);
  const timesDrawn = new Uint32Array(count);
  return Float64Array.from({ length: resamples }, () => {
    timesDrawn.fill(0);
    for (let drawn = 0; drawn < count; drawn += blockLength) {
      const start = random.integer(count);
      const length = Math.min(blockLength, count - drawn);
      for (let i = 0; i < length; i++) timesDrawn[rankOf[(start + i) % count]]++;
    }
    return (sorted[rankAt(timesDrawn, (count - 1) >> 1)] + sorted[rankAt(timesDrawn, count >> 1)]) / 2;
  });
}

/** The rank that stands at `position` of the resample when it is sorted. */
function rankAt(timesDrawn: Uint32Array, position: number): number {
  let passed = 0;
  let rank = 0;
  while ((passed += timesDrawn[rank]) <= position) rank++;
  return rank;
}
