/** Takes a request per call: true where there is one left for `key`. */
export type RateLimit = (key: string) => boolean;

const keysKept = 10_000;

/**
 * A bucket of `burst` requests per key that fills by `perSecond`. The keys used longest ago are forgotten beyond 10,000:
 * whoever has that many addresses is not stopped by counting them.
 */
export function createRateLimit(
  { burst, perSecond, now }: { burst: number; perSecond: number; now: () => number },
): RateLimit {
  const buckets = new Map<string, { left: number; at: number }>();
  return (key) => {
    const at = now();
    const bucket = buckets.get(key) ?? { left: burst, at };
    buckets.delete(key);
    buckets.set(key, bucket);
    if (buckets.size > keysKept) {
      const oldest = buckets.keys().next();
      if (!oldest.done) buckets.delete(oldest.value);
    }
    bucket.left = Math.min(burst, bucket.left + (at - bucket.at) / 1000 * perSecond);
    bucket.at = at;
    if (bucket.left < 1) return false;
    bucket.left--;
    return true;
  };
}
