// Notices that the device has grown slower for good, as hot ones do. Looks at the fast end of the references' times: heat
// slows every inference, while a neighbour's bursts of load leave some untouched, and a pause would not help against those.
import type { HeatPlan } from "./profiles.ts";
import { median, quantile } from "./statistics.ts";

/** What the last window says: all is well; slow, but not yet for long; slow for so long that something must be done. */
export type HeatState = "fine" | "slow" | "sustained";

export interface HeatWatch {
  /** Takes one round of the references; returns the state when that ends a window. */
  add(smallMs: number, largeMs: number, nowMs: number): HeatState | undefined;
  /** Log drift of the last window against the first windows: of the reference that slowed less. */
  drift(): number;
  /** Forgets the last windows, after a pause, but not what they are compared with. */
  restart(nowMs: number): void;
}

const fastEnd = 0.1;
const fewestRoundsPerWindow = 5;

function fastEndOf(samplesMs: readonly number[]): number {
  return Math.log(quantile(Float64Array.from(samplesMs).sort(), fastEnd));
}

/** Starts a watch at `nowMs`; its first `plan.windows` windows are what later ones are compared with. */
export function createHeatWatch(plan: HeatPlan, nowMs: number): HeatWatch {
  const first: { small: number; large: number }[] = [];
  let small: number[] = [];
  let large: number[] = [];
  let windowStartMs = nowMs;
  let slowWindows = 0;
  let drift = 0;
  return {
    add(smallMs, largeMs, nowMs) {
      small.push(smallMs);
      large.push(largeMs);
      if (nowMs - windowStartMs < plan.windowMs || small.length < fewestRoundsPerWindow) return undefined;
      const window = { small: fastEndOf(small), large: fastEndOf(large) };
      small = [];
      large = [];
      windowStartMs = nowMs;
      if (first.length < plan.windows) {
        first.push(window);
        return "fine";
      }
      drift = Math.min(
        window.small - median(first.map((one) => one.small)),
        window.large - median(first.map((one) => one.large)),
      );
      slowWindows = drift > plan.pauseAbove ? slowWindows + 1 : 0;
      if (slowWindows === 0) return "fine";
      return slowWindows < plan.windows ? "slow" : "sustained";
    },
    drift: () => drift,
    restart(nowMs) {
      small = [];
      large = [];
      slowWindows = 0;
      windowStartMs = nowMs;
    },
  };
}
