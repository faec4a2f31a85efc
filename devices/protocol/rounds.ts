// The measuring itself: rounds of one block of every network, in an order drawn anew for each.
import type { Random } from "../../src/data/random.ts";
import { type BlockNetwork, type BlockTimer, NetworkFailure } from "./blocks.ts";
import type { FlagName } from "./flags.ts";
import { createHeatWatch, type HeatBaseline } from "./heat.ts";
import { type Outbox, shortMs } from "./outbox.ts";
import type { Profile } from "./profiles.ts";
import { createStopRule } from "./stop_rule.ts";

/** Beyond, a session would hold more than its schema allows. */
const mostRounds = 150_000;
const tellEveryMs = 500;

export interface RoundsResult {
  pauses: { ms: number; drift: number; droppedRounds: number }[];
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
  /** What heat is noticed against. */
  baseline?: HeatBaseline;
  /** Takes a candidate that can no longer infer out of the networks; rejects for a reference. */
  onFailure: (failure: NetworkFailure) => Promise<void>;
  /** Waits so long for the device to cool down, and warms up anew, which may take failing candidates out. */
  coolDown: (ms: number) => Promise<void>;
}

/**
 * Times rounds of `networks` (small reference, large reference, candidates)
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
  const watch = createHeatWatch(heat, clock(), context.baseline);
  let stopRule = stopRuleOf();
  let rounds: number[][] = [];
  /** By round: milliseconds of measuring up to its end. */
  let measuredMs: number[] = [];
  /** First round of the window that the heat watch has yet to judge. */
  let windowStart = 0;
  /** Rounds from here on were slow so far, and are left out if a pause follows. */
  let slowFrom: number | undefined;
  let roundsAtPause = -1;
  let pausesHelp = true;
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

  /** Rounds of before a network failed have a column more: they no longer count, here and with the server. */
  function beginAnew(): void {
    rounds = [];
    measuredMs = [];
    windowStart = 0;
    slowFrom = undefined;
    roundsAtPause = -1;
    outbox.restart();
    watch.restart(clock());
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
    const kept = slowFrom ?? rounds.length;
    pauses.push({ ms: pauseMs, drift, droppedRounds: rounds.length - kept });
    measuredMs.length =
      rounds.length =
      windowStart =
      roundsAtPause =
        kept;
    const before = networks.length;
    await context.coolDown(pauseMs);
    if (networks.length < before) beginAnew();
    else {
      watch.restart(clock());
      // Until a window says otherwise: the load must not end before it is known whether the pause has helped.
      slowFrom = kept;
    }
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
      await context.onFailure(error);
      beginAnew();
      continue;
    }
    const nowMs = clock();
    measuredMs.push((measuredMs.at(-1) ?? 0) + nowMs - startMs);
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
    // A load that ends while it is slow would hide that: soon it is known whether it stays so.
    if (slowFrom === undefined && stopRule.enough(rounds, measuredMs.at(-1) ?? 0) && !watch.slowNow()) break;
  }
  if (slowFrom !== undefined) flags.add(watch.drift() > heat.invalidAbove ? "throttled" : "drifted");
  await outbox.offer(rounds, rounds.length, { force: true });
  return { pauses, flags: [...flags] };
}
