// How inferences are timed: warm-up until steady, then samples, both bounded. Knows no network and no tfjs.
import type { FlagName } from "./flags.ts";
import { median } from "./statistics.ts";

/** Bounds of one timing. */
export interface TimingPlan {
  /** A sample is at least this many clock ticks long; where one inference is shorter, several make one sample. */
  ticksPerSample: number;
  warmUp: {
    minimumMs: number;
    minimumRuns: number;
    /** Over at this point, steady or not. */
    maximumMs: number;
    windowMs: number;
    /** Steady: the medians of the last three windows differ by this fraction at most. */
    tolerance: number;
  };
  sampling: {
    durationMs: number;
    /** Goes on beyond `durationMs` for these, but not beyond `maximumMs`. */
    minimumSamples: number;
    maximumMs: number;
    maximumSamples: number;
  };
}

/** The plan of a search, which times dozens of students: about 2 s for one of 1 ms. */
export const searchTiming: TimingPlan = {
  ticksPerSample: 50,
  warmUp: { minimumMs: 600, minimumRuns: 30, maximumMs: 3000, windowMs: 100, tolerance: 0.05 },
  sampling: { durationMs: 1200, minimumSamples: 30, maximumMs: 8000, maximumSamples: 4000 },
};

/** What the timing stands on. */
export interface TimingEnvironment {
  /** Milliseconds, monotonic. */
  clock: () => number;
  /** Lets the event loop turn once; called between samples so that a page stays alive. */
  rest: () => Promise<void>;
}

export interface Timing {
  samplesMs: number[];
  warmupRuns: number;
  flags: FlagName[];
}

const restEveryMs = 25;
const coarsestTickMs = 20;

/** The shortest step that the clock makes, in milliseconds. Error if it is too coarse to time networks with. */
function clockTickMs(clock: () => number): number {
  let tickMs = Infinity;
  for (let steps = 0; steps < 10; steps++) {
    const startMs = clock();
    let nowMs = startMs;
    while (nowMs === startMs) nowMs = clock();
    tickMs = Math.min(tickMs, nowMs - startMs);
  }
  if (tickMs > coarsestTickMs) {
    throw new Error(`The clock ticks every ${tickMs} ms; timing needs ${coarsestTickMs} ms or finer`);
  }
  return tickMs;
}

/** Times `infer`, one batch-1 inference with its output read back, according to `plan`. */
export async function timeInferences(
  infer: () => Promise<unknown>,
  plan: TimingPlan,
  { clock, rest }: TimingEnvironment,
): Promise<Timing> {
  const tickMs = clockTickMs(clock);
  let runsPerSample = 1;
  let restedAtMs = clock();

  async function sampleMs(): Promise<number> {
    if (clock() - restedAtMs > restEveryMs) {
      await rest();
      restedAtMs = clock();
    }
    const startMs = clock();
    for (let run = 0; run < runsPerSample; run++) await infer();
    return clock() - startMs;
  }

  async function warmUp(): Promise<{ runs: number; steady: boolean }> {
    const { minimumMs, minimumRuns, maximumMs, windowMs, tolerance } = plan.warmUp;
    const startMs = clock();
    const medians: number[] = [];
    let window: number[] = [];
    let windowStartMs = startMs;
    let runs = 0;
    while (true) {
      const elapsedMs = await sampleMs();
      runs += runsPerSample;
      window.push(elapsedMs / runsPerSample);
      const nowMs = clock();
      if (elapsedMs < plan.ticksPerSample * tickMs) {
        runsPerSample *= 2;
        medians.length = 0;
        window = [];
        windowStartMs = nowMs;
      } else if (nowMs - windowStartMs >= windowMs) {
        medians.push(median(window));
        window = [];
        windowStartMs = nowMs;
      }
      const last = medians.slice(-3);
      const steady = last.length === 3 && Math.max(...last) <= Math.min(...last) * (1 + tolerance);
      if (nowMs - startMs >= maximumMs) return { runs, steady };
      if (steady && nowMs - startMs >= minimumMs && runs >= minimumRuns) return { runs, steady };
    }
  }

  const { runs, steady } = await warmUp();
  const { durationMs, minimumSamples, maximumMs, maximumSamples } = plan.sampling;
  const samplesMs: number[] = [];
  const startMs = clock();
  while (samplesMs.length < maximumSamples) {
    const elapsedMs = clock() - startMs;
    if (samplesMs.length > 0 && elapsedMs >= (samplesMs.length < minimumSamples ? maximumMs : durationMs)) break;
    // A sample cannot be known to be shorter than one tick.
    samplesMs.push(Math.max(await sampleMs(), tickMs) / runsPerSample);
  }
  const flags: FlagName[] = [];
  if (!steady) flags.push("unsteady");
  if (runsPerSample > 1) flags.push("coarse-clock");
  return { samplesMs, warmupRuns: runs, flags };
}
