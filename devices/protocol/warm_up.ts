// Runs all networks in turn until their times have settled: compilers, caches and clock frequencies take seconds.
import type { Random } from "../../src/data/random.ts";
import { type BlockNetwork, type BlockTimer, runsPerBlock } from "./blocks.ts";
import { fastEndOf, type HeatBaseline } from "./heat.ts";
import { blockMs, type WarmUpPlan } from "./profiles.ts";
import { median } from "./statistics.ts";

export interface WarmUp {
  ms: number;
  /** Of all networks together. */
  runs: number;
  steady: boolean;
  /** Of the last windows, at the first two networks; absent where none was long enough. */
  baseline?: HeatBaseline;
}

/** The fast end of fewer says little. */
const fewestTurnsPerWindow = 5;
const steadyWindows = 3;
/** Blocks are sized anew within the warm-up where they are off by more than this. */
const sizeTolerance = 1.5;

function agree(fastEnds: readonly number[], tolerance: number): boolean {
  const last = fastEnds.slice(-steadyWindows);
  return last.length === steadyWindows && Math.max(...last) <= Math.min(...last) * (1 + tolerance);
}

/**
 * Warms `networks` up, in an order drawn anew for each turn as in rounds, and sizes their blocks (`runs`) unless they are
 * `sized`. Ends when every network is steady, when `plan.maximumMs` are over, or before the timer has done
 * `maximumInferences`; then without being steady.
 */
export async function warmUp(
  networks: readonly BlockNetwork[],
  plan: WarmUpPlan,
  { timer, clock, tickMs, random, sized = false, maximumInferences = Infinity }: {
    timer: BlockTimer;
    clock: () => number;
    tickMs: number;
    random: Random;
    sized?: boolean;
    maximumInferences?: number;
  },
): Promise<WarmUp> {
  const startMs = clock();
  const before = timer.inferences();
  const states = networks.map(() => ({ window: [] as number[], fastEnds: [] as number[], typicalMs: 0, runs: 0 }));
  const order = networks.map((_, place) => place);
  let windowStartMs = startMs;
  let steady = false;

  /** False where the next turn would go beyond `maximumInferences`. */
  const affordable = () => timer.inferences() + networks.reduce((sum, { runs }) => sum + runs, 0) <= maximumInferences;

  /** Blocks of another size compare badly with those of before, so the network's windows start anew. */
  function resize(place: number, runs: number): void {
    networks[place].runs = runs;
    states[place].window.length = 0;
    states[place].fastEnds.length = 0;
  }

  while (affordable()) {
    random.shuffle(order);
    for (const place of order) {
      const network = networks[place];
      const state = states[place];
      const elapsedMs = await timer.time(network);
      const inferenceMs = Math.max(elapsedMs, tickMs) / network.runs;
      if (state.fastEnds.length === 0) state.typicalMs = inferenceMs;
      state.window.push(inferenceMs);
      state.runs += network.runs;
      // Too short for the clock.
      if (!sized && elapsedMs < blockMs(tickMs) / 2) resize(place, network.runs * 2);
    }
    const nowMs = clock();
    if (nowMs - windowStartMs >= plan.windowMs && states.every(({ window }) => window.length >= fewestTurnsPerWindow)) {
      for (const [place, state] of states.entries()) {
        state.fastEnds.push(fastEndOf(state.window));
        state.typicalMs = median(state.window);
        state.window.length = 0;
        const off = blockMs(tickMs) / state.typicalMs / networks[place].runs;
        const wrong = off > sizeTolerance || (off < 1 / sizeTolerance && networks[place].runs > 1);
        if (!sized && wrong) resize(place, runsPerBlock(state.typicalMs, tickMs));
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
    if (!sized && inferenceMs > 0) network.runs = runsPerBlock(inferenceMs, tickMs);
  }
  const [small, large] = states.map(({ fastEnds }) => fastEnds.slice(-steadyWindows));
  const baseline = small?.length > 0 && large?.length > 0 && { smallMs: median(small), largeMs: median(large) };
  return { ms: clock() - startMs, runs: timer.inferences() - before, steady, ...(baseline && { baseline }) };
}
