// The measuring itself: rounds of one block of every network, in an order drawn anew for each.
import type { Random } from "../../src/data/random.ts";
import { type BlockNetwork, type BlockTimer, NetworkFailure } from "./blocks.ts";
import { referenceFailed } from "./build_networks.ts";
import type { FlagName } from "./flags.ts";
import { createHeatWatch } from "./heat.ts";
import { type Outbox, shortMs } from "./outbox.ts";
import type { Profile } from "./profiles.ts";
import { createStopRule } from "./stop_rule.ts";

/** Beyond, a session would hold more than its schema allows. */
const mostRounds = 150_000;
const tellEveryMs = 500;

export interface RoundsResult {
  pauses: { ms: number; drift: number }[];
  flags: FlagName[];
}

export interface RoundsContext {
  timer: BlockTimer;
  random: Random;
  outbox: Outbox;
  clock: () => number;
  tickMs: number;
  maximumInferences: number;
  hidden: () => boolean;
  onActivity: (activity: string) => void;
  /** A candidate can no longer infer: it has no column in the rounds from now on. */
  onFailure: (failure: NetworkFailure) => Promise<void>;
  /** Waits so long for the device to cool down, and warms up anew. */
  coolDown: (ms: number) => Promise<void>;
}

/**
 * Times rounds of `networks` (small reference, large reference, candidates; a failing candidate is taken out of the array)
 * until `profile` has enough. The rounds go to `outbox`.
 */
export async function timeRounds(
  networks: BlockNetwork[],
  { stop, heat }: Profile,
  context: RoundsContext,
): Promise<RoundsResult> {
  const { timer, random, outbox, clock } = context;
  const flags = new Set<FlagName>();
  const pauses: RoundsResult["pauses"] = [];
  const watch = createHeatWatch(heat, clock());
  let stopRule = stopRuleOf();
  let rounds: number[][] = [];
  /** First round of the window that the heat watch has yet to judge. */
  let windowStart = 0;
  /** Rounds from here on were slow so far, and are left out if a pause follows. */
  let slowFrom: number | undefined;
  let roundsAtPause = -1;
  let pausesHelp = true;
  let measuredMs = 0;
  let toldAtMs = -Infinity;

  function stopRuleOf() {
    return createStopRule(stop, { runs: networks.map(({ runs }) => runs), clock });
  }

  async function round(): Promise<number[]> {
    const order = networks.map((_, place) => place);
    random.shuffle(order);
    const samples: number[] = new Array(networks.length);
    for (const place of order) {
      // A block cannot be known to be shorter than one tick.
      samples[place] = shortMs(Math.max(await timer.time(networks[place]), context.tickMs) / networks[place].runs);
    }
    return samples;
  }

  async function leaveOut(failure: NetworkFailure): Promise<void> {
    await context.onFailure(failure);
    networks.splice(networks.findIndex(({ index }) => index === failure.index), 1);
    // Rounds of before have a column more: they no longer count, here and with the server.
    rounds = [];
    windowStart = 0;
    slowFrom = undefined;
    outbox.restart();
    stopRule = stopRuleOf();
  }

  /** Reacts to sustained slowness; true if the load is to end. */
  async function coolDown(): Promise<boolean> {
    const drift = watch.drift();
    const pauseMs = heat.pausesMs[pauses.length];
    // As slow right after a pause as before it: whatever it is, pausing does not help.
    if (slowFrom === roundsAtPause) pausesHelp = false;
    if (pauseMs === undefined || !pausesHelp) {
      slowFrom = undefined;
      flags.add("drifted");
      if (drift <= heat.invalidAbove) return false;
      flags.add("throttled");
      return true;
    }
    rounds.length = slowFrom ?? rounds.length;
    slowFrom = undefined;
    windowStart = roundsAtPause = rounds.length;
    pauses.push({ ms: pauseMs, drift });
    await context.coolDown(pauseMs);
    watch.restart(clock());
    return false;
  }

  while (networks.length > 2 && rounds.length < mostRounds) {
    const cost = networks.reduce((sum, { runs }) => sum + runs, 0);
    // The last check of the outputs needs one each.
    if (timer.inferences() + cost + networks.length > context.maximumInferences) break;
    const startMs = clock();
    try {
      rounds.push(await round());
    } catch (error) {
      if (!(error instanceof NetworkFailure)) throw error;
      if (error.index < 2) throw referenceFailed(error.index, error.message);
      await leaveOut(error);
      continue;
    }
    const nowMs = clock();
    measuredMs += nowMs - startMs;
    if (context.hidden()) {
      flags.add("hidden-page");
      break;
    }
    const [smallMs, largeMs] = rounds[rounds.length - 1];
    const state = watch.add(smallMs, largeMs, nowMs);
    if (state !== undefined) {
      slowFrom = state === "fine" ? undefined : slowFrom ?? windowStart;
      windowStart = rounds.length;
    }
    if (state === "sustained" && await coolDown()) break;
    if (nowMs - toldAtMs >= tellEveryMs) {
      context.onActivity(`${rounds.length} rounds`);
      toldAtMs = nowMs;
    }
    await outbox.offer(rounds, slowFrom ?? windowStart);
    if (stopRule.enough(rounds, measuredMs)) break;
  }
  await outbox.offer(rounds, rounds.length, { force: true });
  return { pauses, flags: [...flags] };
}
