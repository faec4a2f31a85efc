// Notices that the device has grown slower for good, as hot ones do. Looks at the fast end of the references' times: heat
// slows every inference, while a neighbour's bursts of load leave some untouched, and a pause would not help against those.
import type { HeatPlan } from "./profiles.ts";
import { quantile } from "./statistics.ts";

/** What the last window says: all is well; slow, but not yet for long; slow for so long that something must be done. */
export type HeatState = "fine" | "slow" | "sustained";

export interface HeatWatch {
  /** Takes one round of the references; returns the state when that ends a window. */
  add(smallMs: number, largeMs: number, nowMs: number): HeatState | undefined;
  /** Log drift of the last window against the baseline: of the reference that slowed less. */
  drift(): number;
  /** Whether the window that has not ended yet is slow so far. */
  slowNow(): boolean;
  /** Forgets the last windows, after a pause, but not what they are compared with. */
  restart(nowMs: number): void;
}

const fastEnd = 0.1;
const fewestRoundsPerWindow = 5;

/** What a few samples are like at their fast end. */
export function fastEndOf(samplesMs: readonly number[]): number {
  return quantile(Float64Array.from(samplesMs).sort(), fastEnd);
}

/** Fast ends of the references on a device that is warm and not yet hot, in milliseconds. */
export interface HeatBaseline {
  smallMs: number;
  largeMs: number;
}

/** Starts a watch at `nowMs` that compares with `baseline`, or with its own first window where there is none. */
export function createHeatWatch(plan: HeatPlan, nowMs: number, baseline?: HeatBaseline): HeatWatch {
  let first = baseline;
  let small: number[] = [];
  let large: number[] = [];
  let windowStartMs = nowMs;
  let slowWindows = 0;
  let drift = 0;

  /** Of the open window, against the baseline; none where there are few rounds. */
  function driftNow(): number | undefined {
    if (small.length < fewestRoundsPerWindow) return undefined;
    const window = { smallMs: fastEndOf(small), largeMs: fastEndOf(large) };
    first ??= window;
    return Math.min(Math.log(window.smallMs / first.smallMs), Math.log(window.largeMs / first.largeMs));
  }

  return {
    add(smallMs, largeMs, nowMs) {
      small.push(smallMs);
      large.push(largeMs);
      if (nowMs - windowStartMs < plan.windowMs) return undefined;
      const windowDrift = driftNow();
      if (windowDrift === undefined) return undefined;
      small = [];
      large = [];
      windowStartMs = nowMs;
      drift = windowDrift;
      slowWindows = drift > plan.pauseAbove ? slowWindows + 1 : 0;
      if (slowWindows === 0) return "fine";
      return slowWindows < plan.windows ? "slow" : "sustained";
    },
    drift: () => drift,
    slowNow: () => first !== undefined && (driftNow() ?? 0) > plan.pauseAbove,
    restart(nowMs) {
      small = [];
      large = [];
      slowWindows = 0;
      windowStartMs = nowMs;
    },
  };
}
