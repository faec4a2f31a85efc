// How far a session is, as far as that can be known: a load ends when its interval is narrow enough, which nobody knows
// beforehand, so between its shortest and its longest duration the bar only creeps.
import type { LoadRequest } from "../../src/schemas/measurement.ts";
import { profiles } from "../protocol/profiles.ts";

type Stage = "preparing" | "warming up" | "timing";

export interface LoadProgress {
  /** Moves on to a stage; going back to warm up after a pause moves nothing back. */
  enter(stage: Stage): void;
  /** Of the whole session, 0 to 1; never falls. */
  fraction(): number;
}

// Shares of a load.
const preparingEnds = 0.08;
const warmUpEnds = 0.3;
const certainEnds = 0.85;
const mostBeforeTheEnd = 0.98;

/** The progress of one load; `clock` in milliseconds. */
export function createLoadProgress({ profile, load, loads }: LoadRequest, clock: () => number): LoadProgress {
  const { warmUp, stop } = profiles[profile];
  let stage: Stage = "preparing";
  let enteredAt = clock();
  let highest = 0;
  const ofLoad = (): number => {
    const elapsedMs = clock() - enteredAt;
    switch (stage) {
      case "preparing":
        return preparingEnds * (1 - Math.exp(-elapsedMs / 3000));
      case "warming up":
        return preparingEnds + (warmUpEnds - preparingEnds) * Math.min(1, elapsedMs / warmUp.minimumMs);
      case "timing": {
        const certain = Math.min(1, elapsedMs / stop.minimumMs);
        const uncertain = Math.min(1, Math.max(0, elapsedMs - stop.minimumMs) / (stop.maximumMs - stop.minimumMs));
        return warmUpEnds + (certainEnds - warmUpEnds) * certain + (mostBeforeTheEnd - certainEnds) * uncertain;
      }
      default:
        throw new Error(`no such stage: ${stage satisfies never}`);
    }
  };
  return {
    enter(next) {
      if (next === stage) return;
      stage = next;
      enteredAt = clock();
    },
    fraction() {
      highest = Math.max(highest, ofLoad());
      return Math.min(1, (Math.min(load, loads - 1) + highest) / loads);
    },
  };
}
