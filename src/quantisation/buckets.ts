// Uniform quantisation in buckets: Polino, Pascanu & Alistarh 2018, "Model compression via distillation and
// quantization" (1802.05668), section 3: v -> offset + scale * round((v - offset) / scale * (s - 1)) / (s - 1), scale
// and offset of the bucket that v lies in.
import type { Random } from "../data/random.ts";

export interface BucketOptions {
  /** s, the number of values in a bucket: 2 ^ bits. */
  levels: number;
  /** Neighbouring values that share scale and offset. */
  bucketSize: number;
  /** Rounds up as often as the value is far on the way: unbiased. Absent: to the nearest. */
  random?: Random;
}

export interface BucketQuantised {
  /** Same length as what was quantised. */
  values: Float32Array;
  /** Level of each value, 0 to levels - 1. */
  levels: Uint16Array;
  buckets: number;
}

/** Scale and offset of the bucket `values[start, end)`; a bucket of one value only has the scale 1. */
export function bucketRange(
  values: Float32Array,
  start: number,
  end: number,
): { scale: number; offset: number } {
  let least = Infinity;
  let most = -Infinity;
  for (let i = start; i < end; i++) {
    if (values[i] < least) least = values[i];
    if (values[i] > most) most = values[i];
  }
  return { scale: most > least ? most - least : 1, offset: least };
}

/**
 * Quantises `values`, which stay as they are. RangeError on less than 2 or more than 65,536 levels, or an empty bucket.
 */
export function quantiseBuckets(
  values: Float32Array,
  { levels, bucketSize, random }: BucketOptions,
): BucketQuantised {
  if (!(Number.isInteger(levels) && levels >= 2 && levels <= 65_536)) {
    throw new RangeError(`quantisation takes 2 to 65536 levels, got ${levels}`);
  }
  if (!(Number.isInteger(bucketSize) && bucketSize >= 1)) {
    throw new RangeError(`a bucket holds at least 1 value, got ${bucketSize}`);
  }
  const result = new Float32Array(values.length);
  const chosen = new Uint16Array(values.length);
  const top = levels - 1;
  let buckets = 0;
  for (let start = 0; start < values.length; start += bucketSize) {
    const end = Math.min(values.length, start + bucketSize);
    const { scale, offset } = bucketRange(values, start, end);
    buckets++;
    for (let i = start; i < end; i++) {
      const place = (values[i] - offset) / scale * top;
      const level = random ? Math.floor(place + random.next()) : Math.round(place);
      chosen[i] = Math.min(top, level);
      result[i] = offset + scale * chosen[i] / top;
    }
  }
  return { values: result, levels: chosen, buckets };
}
