// The loads of one session, each worth standing beside the others: those that the page's being hidden or a hot device spoilt
// are run again, and it is kept which they were.
import type { DeviceDescription, LoadRequest, RawLoad } from "../src/schemas/measurement.ts";
import type { RunLoad } from "./device.ts";
import { passingFlags } from "./protocol/flags.ts";
import type { ReturnedLoad } from "./protocol/judge.ts";
import { slowdowns, throttledAbove } from "./protocol/load_speed.ts";
import { profiles } from "./protocol/profiles.ts";

export interface SessionLoadsContext {
  device: DeviceDescription;
  runLoad: RunLoad;
  /** Milliseconds, monotonic; default: performance.now. */
  clock?: () => number;
  /** For pauses to cool down; default: by setTimeout. Rejects with the signal's reason. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export interface SessionLoads {
  /** By `load` of their requests. */
  readonly loads: readonly ReturnedLoad[];
  /** Loads that were run again: which, and why. */
  readonly repeated: readonly string[];
  /** Runs the next load, and after it whichever was too slow beside the fastest. Rejects as `runLoad` does. */
  run(request: LoadRequest): Promise<void>;
}

/** Per load, for a passing reason. */
const passingRepeats = 2;
/** Per session, for a hot device. */
const heatRepeats = 2;

function defaultSleep(ms: number, signal?: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal?.reason);
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", abort, { once: true });
  if (signal?.aborted) abort();
  return promise.finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  });
}

/** Which load was spoilt by heat, and how; undefined where none was. */
function hottest(loads: readonly RawLoad[]): { index: number; cause: string } | undefined {
  const within = loads.findIndex(({ report }) => report.flags.includes("throttled"));
  if (within >= 0) return { index: within, cause: "the device grew slower in its midst" };
  const slow = slowdowns(loads);
  const index = slow.indexOf(Math.max(...slow));
  if (slow[index] <= throttledAbove) return undefined;
  return {
    index,
    cause: `the device was over ${Math.floor(Math.expm1(slow[index]) * 100)} % slower than in another load`,
  };
}

/** The loads of a session; `tell` hears what goes on in which load. */
export function createSessionLoads(
  { device, runLoad, clock = () => performance.now(), sleep = defaultSleep }: SessionLoadsContext,
  { files, signal, tell }: {
    files: ReadonlyMap<string, string>;
    signal?: AbortSignal;
    tell: (load: number, activity: string) => void;
  },
): SessionLoads {
  const requests: LoadRequest[] = [];
  const loads: ReturnedLoad[] = [];
  const repeated: string[] = [];

  function repeats(load: number, cause: string): void {
    repeated.push(`load ${load + 1}: ${cause}`);
    tell(load, `repeats the load: ${cause}`);
  }

  async function runInFront(request: LoadRequest): Promise<ReturnedLoad> {
    for (let repeat = 0;; repeat++) {
      signal?.throwIfAborted();
      const startMs = clock();
      const raw = await runLoad(request, {
        signal,
        files,
        onActivity: (activity) => tell(request.load, activity),
      });
      checkAnswer(device, request, raw);
      const passing = passingFlags.filter((flag) => raw.report.flags.includes(flag));
      if (passing.length === 0 || repeat >= passingRepeats) return { raw, elapsedMs: clock() - startMs };
      repeats(request.load, passing.join(", "));
    }
  }

  async function coolDown(load: number, ms: number): Promise<void> {
    for (let leftMs = ms; leftMs > 0; leftMs -= 1000) {
      tell(load, `cooling down ${Math.ceil(leftMs / 1000)} s`);
      await sleep(Math.min(1000, leftMs), signal);
    }
  }

  let heatRepeatsLeft = heatRepeats;
  return {
    loads,
    repeated,
    async run(request) {
      requests.push(request);
      loads.push(await runInFront(request));
      const { pausesMs } = profiles[request.profile].heat;
      for (; heatRepeatsLeft > 0; heatRepeatsLeft--) {
        const hot = hottest(loads.map(({ raw }) => raw));
        if (!hot) return;
        repeats(hot.index, hot.cause);
        await coolDown(hot.index, pausesMs[Math.min(heatRepeats - heatRepeatsLeft, pausesMs.length - 1)]);
        loads[hot.index] = await runInFront(requests[hot.index]);
      }
    },
  };
}

/** An answer to another question must not be taken for one to this. */
function checkAnswer({ name }: DeviceDescription, request: LoadRequest, { report }: RawLoad): void {
  if (report.networks.length !== request.networks.length) {
    throw new Error(`${name} reported ${report.networks.length} networks, not ${request.networks.length}`);
  }
}
