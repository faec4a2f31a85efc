// One load: everything a device does for one LoadRequest, from building the networks to the last check of their outputs.
import { hashSeed, Random } from "../../src/data/random.ts";
import {
  type LoadEnvironment,
  type LoadReport,
  type LoadRequest,
  type NetworkReport,
  PROTOCOL,
} from "../../src/schemas/measurement.ts";
import type { StartedRuntime } from "../runtimes/runtime.ts";
import { type BlockNetwork, createBlockTimer, NetworkFailure } from "./blocks.ts";
import { buildNetworks, buildPrimer, type Built, outputChanged, referenceFailed } from "./build_networks.ts";
import { requireFineClock } from "./clock.ts";
import type { FlagName } from "./flags.ts";
import type { HeatBaseline } from "./heat.ts";
import { createOutbox, type Outbox } from "./outbox.ts";
import { profiles } from "./profiles.ts";
import { timeRounds } from "./rounds.ts";
import { type WarmUp, warmUp } from "./warm_up.ts";
import { createWatch, type Watch } from "./watch.ts";

/** What a load stands on. */
export interface Surroundings {
  /** Milliseconds, monotonic. */
  clock: () => number;
  /** Lets the event loop turn once, so that the page lives; called between rounds, every 25 ms or so. */
  rest: () => Promise<void>;
  /** For pauses; default: by setTimeout. */
  sleep?: (ms: number) => Promise<void>;
  /** Whether the page was hidden at any time since the load began; absent where there is no page. */
  hidden?: () => boolean;
  /** Where this runs; the clock and the runtime's settings are added here. Asked at the end of the load. */
  facts: () => Omit<LoadEnvironment, "clockTickMs" | "settings">;
}

export interface LoadHooks {
  /**
   * Takes the next rounds: about every 2 s between rounds, and at the end; at most 200 KB as JSON. Also called without
   * any (`[]`), at least every 10 s, as a sign of life while networks are built, warmed up or cool down. What it rejects
   * with ends the load.
   */
  onRounds: (rounds: number[][]) => Promise<void>;
  /** In a few words for people: "warming up", "310 rounds". */
  onActivity?: (activity: string) => void;
  /** Ends the load between two blocks; it rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** A download of hundreds of megabytes may take this long; one inference may not. */
const buildPatienceMs = 600_000;
const inferencePatienceMs = 120_000;
/** Of the inferences that a device allows; the rest is for rounds. */
const warmUpShare = 0.3;

const defaultSleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Runs one load on a started runtime. The samples go to `hooks.onRounds`, all else is in the report. A candidate that
 * fails is reported as such and the others go on; a reference network that fails, a lost GPU, a clock coarser than 20 ms
 * or a runtime that stops answering rejects. Disposes every network that it built, unless the runtime hangs.
 */
export async function measureLoad(
  request: LoadRequest,
  runtime: StartedRuntime,
  surroundings: Surroundings,
  hooks: LoadHooks,
): Promise<LoadReport> {
  const watch = createWatch({ lost: runtime.lost, patienceMs: buildPatienceMs });
  const built: Built[] = [];
  const outbox = createOutbox(hooks.onRounds, surroundings.clock);
  async function work(): Promise<LoadReport> {
    const primer = await buildPrimer(request, runtime, { alive: outbox.liveDuring });
    try {
      return await run(request, runtime, surroundings, hooks, { watch, built, outbox });
    } finally {
      await primer.dispose();
      for (const one of built) if ("network" in one) await one.network.running.dispose();
    }
  }
  return await watch.guard(work());
}

async function run(
  request: LoadRequest,
  runtime: StartedRuntime,
  surroundings: Surroundings,
  { onActivity = () => {}, signal }: LoadHooks,
  { watch, built, outbox }: { watch: Watch; built: Built[]; outbox: Outbox },
): Promise<LoadReport> {
  const { clock, rest, sleep = defaultSleep, hidden = () => false } = surroundings;
  const profile = profiles[request.profile];
  const maximumInferences = request.maximumInferences ?? Infinity;
  const tickMs = requireFineClock(clock);
  const flags = new Set<FlagName>();

  function checkpoint(): void {
    signal?.throwIfAborted();
    watch.checkpoint();
    watch.progress();
  }

  await buildNetworks(request, runtime, built, {
    clock,
    alive: outbox.liveDuring,
    async before(index) {
      checkpoint();
      onActivity(`building network ${index + 1} of ${request.networks.length}`);
      await rest();
    },
  });
  watch.allow(inferencePatienceMs);
  const timer = createBlockTimer({
    clock,
    async rest() {
      await outbox.live();
      await rest();
    },
    checkpoint,
  });
  // One each, and that of the primer.
  timer.count(built.length + 1);
  const networks: BlockNetwork[] = built.flatMap((one) =>
    "network" in one ? [{ index: one.network.index, running: one.network.running, runs: 1 }] : []
  );

  /** Takes a candidate out that cannot infer any more. */
  async function leaveOut({ index, message }: NetworkFailure): Promise<void> {
    if (index < 2) throw referenceFailed(index, message);
    networks.splice(networks.findIndex((network) => network.index === index), 1);
    const failed = built[index];
    built[index] = { reason: message };
    if ("network" in failed) await failed.network.running.dispose();
  }

  const warmUpRandom = new Random(hashSeed(request.seed, request.load, "warm-up"));
  /** What failed is left out, and the rest is warmed up again. */
  async function warmUpAll(options: { sized?: boolean; maximumInferences: number }): Promise<WarmUp> {
    onActivity("warming up");
    while (true) {
      try {
        return await warmUp(networks, profile.warmUp, { timer, clock, tickMs, random: warmUpRandom, ...options });
      } catch (error) {
        if (!(error instanceof NetworkFailure)) throw error;
        await leaveOut(error);
      }
    }
  }

  async function coolDown(pauseMs: number): Promise<void> {
    const endMs = clock() + pauseMs;
    for (let leftMs = pauseMs; leftMs > 0; leftMs = endMs - clock()) {
      checkpoint();
      onActivity(`cooling down ${Math.ceil(leftMs / 1000)} s`);
      await outbox.live();
      await sleep(Math.min(1000, leftMs));
    }
    // Blocks stay as they are: rounds of before and after the pause stand side by side.
    if (networks.length > 2) addWarmUp(await warmUpAll({ sized: true, maximumInferences }));
  }

  const warm: WarmUp = { ms: 0, runs: 0, steady: true };
  function addWarmUp({ ms, runs, steady }: WarmUp): void {
    warm.ms += ms;
    warm.runs += runs;
    warm.steady &&= steady;
  }
  // Where nothing is left to measure, there is nothing to warm up for.
  let baseline: HeatBaseline | undefined;
  if (networks.length > 2) {
    const first = await warmUpAll({ maximumInferences: maximumInferences * warmUpShare });
    addWarmUp(first);
    baseline = first.baseline;
  }

  const { pauses, flags: roundFlags } = await timeRounds(networks, profile, {
    timer,
    random: new Random(hashSeed(request.seed, request.load)),
    outbox,
    clock,
    tickMs,
    maximumInferences,
    hidden,
    onActivity,
    baseline,
    onFailure: leaveOut,
    coolDown,
  });
  for (const flag of roundFlags) flags.add(flag);
  if (!warm.steady) flags.add("unsteady");
  if (runtime.softwareAdapter) flags.add("software-adapter");
  if (hidden()) flags.add("hidden-page");

  onActivity("checking the outputs");
  const reports: NetworkReport[] = [];
  for (const [index, one] of built.entries()) {
    if ("reason" in one) {
      reports.push({ outcome: "failed", reason: one.reason });
      continue;
    }
    checkpoint();
    const { cold, outputs } = one.network;
    const runsPerSample = networks.find((network) => network.index === index)?.runs ?? 1;
    // An inference that fails now gives no outputs at all, which is another answer too.
    const changed = await outbox.liveDuring(outputChanged(one.network, request)).catch(() => true);
    reports.push({ outcome: "timed", cold, outputs, runsPerSample, ...(changed && { outputChanged: true }) });
  }
  return {
    protocol: PROTOCOL,
    backend: runtime.backend,
    environment: { ...surroundings.facts(), clockTickMs: tickMs, settings: runtime.settings },
    networks: reports,
    warmUp: warm,
    pauses,
    rounds: outbox.total(),
    flags: [...flags],
  };
}
