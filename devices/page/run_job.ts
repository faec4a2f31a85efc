// One job: from the checks before it to its report.
import { contentHash } from "../../src/schemas/architecture.ts";
import type { LoadReport, LoadRequest } from "../../src/schemas/measurement.ts";
import { measureLoad } from "../protocol/measure_load.ts";
import { preflight } from "../protocol/preflight.ts";
import type { Lease } from "../protocol/wire.ts";
import { loadRuntime, runtimesFolder } from "../runtimes/load_runtime.ts";
import type { StartedRuntime } from "../runtimes/runtime.ts";
import type { JobOutcome } from "./api.ts";
import { createChunkSender, LeaseLostError } from "./chunk_sender.ts";
import { batteryNow, environmentFacts, pageFacts } from "./facts.ts";
import { fetchModelFile } from "./model_file.ts";
import { type Line, RefusedError } from "./post.ts";
import { rest } from "./rest.ts";
import { sendOutcome } from "./send_outcome.ts";
import { megabytes } from "./session_state.ts";
import type { WakeLockState } from "./wake_lock.ts";

export interface JobPage {
  line: Line;
  key: CryptoKey;
  wakeLock: () => WakeLockState;
  /** In a few words for people, as often as it changes. */
  onActivity: (activity: string) => void;
  /** Rounds that the server has; what it returns is awaited before the next round. */
  onRounds: (rounds: number[][]) => Promise<void>;
  /** From here on this load of the page is no longer a fresh one. */
  onStart: () => void;
}

/** What became of a job, told to the server already; "lost" where that had given it up. */
export type JobEnd = JobOutcome | { outcome: "lost"; refusal: RefusedError };

/** What is amiss lies in this load of the page, so that another one may succeed. */
class PassingError extends Error {}

const startDeadlineMs = 180_000;

/** Runs a job and reports it. Rejects only where the server stays out of reach. */
export async function runJob(lease: Lease, page: JobPage): Promise<JobEnd> {
  const sender = createChunkSender(page.line, page.key, lease);
  const outcome = await measured(lease, page, sender).then(
    (report): JobEnd => ({ outcome: "measured", report }),
    (error: unknown): JobEnd => {
      if (error instanceof LeaseLostError) return { outcome: "lost", refusal: error.refusal };
      return { outcome: "failed", reason: reasonOf(error), retry: error instanceof PassingError };
    },
  );
  if (outcome.outcome === "lost") return outcome;
  try {
    return await sendOutcome(page.line, page.key, lease, { chunks: sender.sent, outcome });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { outcome: "lost", refusal: error };
  }
}

async function measured(
  { request, requestHash }: Lease,
  page: JobPage,
  sender: ReturnType<typeof createChunkSender>,
): Promise<LoadReport> {
  if (contentHash(request) !== requestHash) throw new PassingError("the job was changed on its way");
  const stop = new AbortController();
  let wasHidden = document.hidden;
  const watch = () => {
    wasHidden ||= document.hidden;
    if (document.hidden) stop.abort(new PassingError("the page was hidden"));
  };
  document.addEventListener("visibilitychange", watch);
  try {
    if (wasHidden) throw new PassingError("the page was hidden");
    const refusal = preflight(request.runtime, await pageFacts(page.wakeLock(), request.runtime === "tfjs-webgl"));
    if (refusal) throw new Error(refusal);
    page.onStart();
    page.onActivity(`loading ${request.runtime}`);
    const runtime = await sender.aliveDuring(started(request, page, stop.signal));
    void runtime.lost?.then((reason) => stop.abort(new PassingError(`the GPU was lost: ${reason}`)));
    const battery = await batteryNow();
    stop.signal.throwIfAborted();
    return await measureLoad(request, runtime, {
      clock: () => performance.now(),
      rest,
      hidden: () => wasHidden,
      facts: () => environmentFacts(page.wakeLock(), battery),
    }, {
      onRounds: async (rounds) => {
        await sender.send(rounds);
        await page.onRounds(rounds);
      },
      onActivity: page.onActivity,
      signal: stop.signal,
    });
  } catch (error) {
    // What made it stop, rather than what came of that.
    throw stop.signal.aborted && !(error instanceof LeaseLostError) ? stop.signal.reason : error;
  } finally {
    document.removeEventListener("visibilitychange", watch);
  }
}

async function started({ runtime }: LoadRequest, page: JobPage, signal: AbortSignal): Promise<StartedRuntime> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new PassingError(`${runtime} did not start within ${startDeadlineMs / 1000} s`)),
      startDeadlineMs,
    );
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  const start = async () => {
    const startRuntime = await loadRuntime(runtime);
    return await startRuntime({
      files: new URL(runtimesFolder, location.origin).href,
      clock: () => performance.now(),
      modelFile: (sha256) => fetchModelFile(sha256, { fetch: (path, init) => fetch(path, init), signal, onProgress }),
    });
  };
  let shownAt = -Infinity;
  const onProgress = (bytes: number, total: number | undefined) => {
    if (performance.now() - shownAt < 500 && bytes !== total) return;
    shownAt = performance.now();
    page.onActivity(`downloading the model, ${megabytes(bytes)}${total ? ` of ${megabytes(total)}` : ""}`);
  };
  try {
    return await Promise.race([start(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function reasonOf(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)) || "unknown error";
  return text.replace(/\s+/g, " ").slice(0, 500);
}
