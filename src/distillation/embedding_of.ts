import type { NetworkTaps } from "./taps.ts";

/** The embedding tap of `taps`; RangeError, naming `method` and `whose`, where there is none. */
export function embeddingOf(
  taps: NetworkTaps,
  { method, whose }: { method: string; whose: string },
): { name: string; channels: number } {
  if (taps.embedding) return taps.embedding;
  throw new RangeError(`${method} compares pooled features, but the ${whose} has none`);
}
