// What a measurement spends, and when it has enough: the numbers of the protocol, as data.
import type { ProfileName } from "../../src/schemas/measurement.ts";

/** A block is so many clock ticks long at least. */
const ticksPerBlock = 50;
/**
 * And so many where that takes no longer than `fineBlockMs`: at 50 ticks one tick is 2 %, and medians of so few different
 * values cannot tell 1 %. The price: p90 and p99 of models under 1 ms are those of two to four inferences together, which
 * a measurement tells by `runsPerSample`.
 */
const fineTicksPerBlock = 200;
const fineBlockMs = 1;

/** How long a block must be, in milliseconds, on a clock that ticks every `tickMs`. */
export function blockMs(tickMs: number): number {
  return Math.max(ticksPerBlock * tickMs, Math.min(fineTicksPerBlock * tickMs, fineBlockMs));
}

export interface WarmUpPlan {
  minimumMs: number;
  /** Of every network. */
  minimumRuns: number;
  /** Over at this point, steady or not. */
  maximumMs: number;
  windowMs: number;
  /** Steady: the fast ends of three consecutive windows differ by this fraction at most, for every network. */
  tolerance: number;
}

export interface StopPlan {
  minimumRounds: number;
  minimumMs: number;
  /** Of every candidate. */
  minimumInferences: number;
  /** Half the width of the 95 % interval of every candidate's log ratio, from the blocks of this load. */
  halfWidth: number;
  /**
   * Over at this point whatever the interval, with up to `networksPlanned` networks; with more, in proportion, so that a
   * network has the same time in a large session as in a small one.
   */
  maximumMs: number;
  networksPlanned: number;
}

export interface HeatPlan {
  windowMs: number;
  /** So many windows in a row must be slow. */
  windows: number;
  /** Log drift of the references that calls for a pause. */
  pauseAbove: number;
  /** Log drift that invalidates the load once there are no pauses left. */
  invalidAbove: number;
  /** One after the other, then none. */
  pausesMs: readonly number[];
}

export interface Profile {
  /** Fresh page loads. */
  loads: number;
  warmUp: WarmUpPlan;
  stop: StopPlan;
  heat: HeatPlan;
  /** Of the ratio over all loads, in ln: beyond, the measurement carries `wide-interval`. */
  widestHalfWidth: number;
}

const heat: HeatPlan = {
  windowMs: 2000,
  windows: 3,
  pauseAbove: 0.05,
  invalidAbove: 0.15,
  pausesMs: [30_000, 60_000],
};

export const profiles: Record<ProfileName, Profile> = {
  // A search asks this of every candidate: CV at most 3 %, bias at most 5 %, in under 10 s.
  fast: {
    loads: 1,
    warmUp: { minimumMs: 1000, minimumRuns: 30, maximumMs: 3000, windowMs: 200, tolerance: 0.05 },
    stop: {
      minimumRounds: 60,
      minimumMs: 2000,
      minimumInferences: 60,
      halfWidth: 0.01,
      maximumMs: 4000,
      networksPlanned: 6,
    },
    // Shorter than the 30 s that a phone takes to cool: a search comes back to it anyway, and may not wait for each network.
    // Nor does the end of a warm-up of 1 s tell the speed of a device with other work to 5 %, and references correct that much.
    heat: { windowMs: 500, windows: 3, pauseAbove: 0.1, invalidAbove: 0.15, pausesMs: [5000] },
    widestHalfWidth: 0.04,
  },
  standard: {
    loads: 3,
    warmUp: { minimumMs: 3000, minimumRuns: 100, maximumMs: 15_000, windowMs: 500, tolerance: 0.03 },
    stop: {
      minimumRounds: 100,
      minimumMs: 5000,
      minimumInferences: 1024,
      halfWidth: 0.01,
      maximumMs: 30_000,
      networksPlanned: 6,
    },
    heat,
    widestHalfWidth: 0.02,
  },
  certified: {
    loads: 3,
    warmUp: { minimumMs: 3000, minimumRuns: 100, maximumMs: 15_000, windowMs: 500, tolerance: 0.03 },
    stop: {
      minimumRounds: 100,
      minimumMs: 60_000,
      minimumInferences: 1024,
      halfWidth: 0.01,
      maximumMs: 90_000,
      networksPlanned: 6,
    },
    heat: { ...heat, pausesMs: [30_000, 60_000, 120_000] },
    widestHalfWidth: 0.02,
  },
};
