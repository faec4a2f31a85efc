// Runs all networks in turn until their times have settled: compilers, caches and clock frequencies take seconds.
import { type BlockNetwork, type BlockTimer, runsPerBlock } from "./blocks.ts";
import { blockMs, type WarmUpPlan } from "./profiles.ts";
import { median, quantile } from "./statistics.ts";

export interface WarmUp {
  ms: number;
  /** Of all networks together. */
  runs: number;
  steady: boolean;
}

/** The fast end of fewer says little. */
const fewestTurnsPerWindow = 5;
const steadyWindows = 3;
const fastEnd = 0.1;

/** Of a window; its median would not settle on a device that has other work too. */
function fastEndOf(samplesMs: readonly number[]): number {
  return quantile(Float64Array.from(samplesMs).sort(), fastEnd);
}

function agree(fastEnds: readonly number[], tolerance: number): boolean {
  const last = fastEnds.slice(-steadyWindows);
  return last.length === steadyWindows && Math.max(...last) <= Math.min(...last) * (1 + tolerance);
}

/**
 * Warms `networks` up and sizes their blocks (`runs`). Ends when every network is steady, when `plan.maximumMs` are over, or
 * before the timer has done `maximumInferences`; then without being steady.
 */
export async function warmUp(
  networks: readonly BlockNetwork[],
  plan: WarmUpPlan,
  { timer, clock, tickMs, maximumInferences = Infinity, onTurn }: {
    timer: BlockTimer;
    clock: () => number;
    tickMs: number;
    maximumInferences?: number;
    onTurn?: () => Promise<void>;
  },
): Promise<WarmUp> {
  const startMs = clock();
  const before = timer.inferences();
  const states = networks.map(() => ({ window: [] as number[], fastEnds: [] as number[], typicalMs: 0, runs: 0 }));
  let windowStartMs = startMs;
  let steady = false;

  /** False where the next turn would go beyond `maximumInferences`. */
  const affordable = () => timer.inferences() + networks.reduce((sum, { runs }) => sum + runs, 0) <= maximumInferences;

  while (affordable()) {
    for (const [place, network] of networks.entries()) {
      const state = states[place];
      const elapsedMs = await timer.time(network);
      const inferenceMs = Math.max(elapsedMs, tickMs) / network.runs;
      if (state.fastEnds.length === 0) state.typicalMs = inferenceMs;
      state.window.push(inferenceMs);
      state.runs += network.runs;
      // Too short for the clock: its time is not known well enough to compare, so its windows start anew.
      if (elapsedMs < blockMs(tickMs) / 2) {
        network.runs *= 2;
        state.window.length = 0;
        state.fastEnds.length = 0;
      }
    }
    await onTurn?.();
    const nowMs = clock();
    if (nowMs - windowStartMs >= plan.windowMs && states.every(({ window }) => window.length >= fewestTurnsPerWindow)) {
      for (const state of states) {
        state.fastEnds.push(fastEndOf(state.window));
        state.typicalMs = median(state.window);
        state.window.length = 0;
      }
      windowStartMs = nowMs;
      steady = states.every(({ fastEnds }) => agree(fastEnds, plan.tolerance));
    }
    const enough = nowMs - startMs >= plan.minimumMs && states.every(({ runs }) => runs >= plan.minimumRuns);
    if ((steady && enough) || nowMs - startMs >= plan.maximumMs) break;
  }
  for (const [place, network] of networks.entries()) {
    const { typicalMs, window } = states[place];
    const inferenceMs = window.length >= fewestTurnsPerWindow ? median(window) : typicalMs;
    if (inferenceMs > 0) network.runs = runsPerBlock(inferenceMs, tickMs);
  }
  return { ms: clock() - startMs, runs: timer.inferences() - before, steady };
}
