import type { RawLoad } from "../../src/schemas/measurement.ts";
import { DeviceGoneError } from "../device.ts";
import type { Fleet } from "./fleet.ts";
import type { Job } from "./job.ts";

/** Resolves at the next change of the job's activity or outcome, after `waitMs`, or when aborted. */
export function nextChange(job: Job, { waitMs, signal }: { waitMs: number; signal?: AbortSignal }): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, waitMs);
  const done = () => resolve();
  job.watchers.add(done);
  signal?.addEventListener("abort", done);
  if (signal?.aborted) resolve();
  return promise.finally(() => {
    clearTimeout(timer);
    job.watchers.delete(done);
    signal?.removeEventListener("abort", done);
  });
}

/** Resolves once the job has an outcome or one of the signals is aborted; `tell` is called with each change before. */
export async function settled(
  job: Job,
  { signals, tell }: { signals: readonly AbortSignal[]; tell: (job: Job) => void },
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => {
    if (job.outcome) resolve();
    else tell(job);
  };
  const abort = () => resolve();
  job.watchers.add(look);
  for (const signal of signals) signal.addEventListener("abort", abort);
  try {
    look();
    if (!signals.some(({ aborted }) => aborted)) await promise;
  } finally {
    job.watchers.delete(look);
    for (const signal of signals) signal.removeEventListener("abort", abort);
  }
}

/**
 * What came of a job that has an outcome; it is for the caller to forget the job. DeviceGoneError, or an Error that names
 * the device and its reason, where that is not a load.
 */
export function resultOf(fleet: Fleet, job: Job, name: string): RawLoad {
  const { outcome } = job;
  switch (outcome?.kind) {
    case "done":
      return fleet.result(job);
    case "failed":
      throw new Error(`device "${name}": ${outcome.reason}`);
    case "gone":
      throw new DeviceGoneError(name, `device "${name}" went away: ${outcome.reason}`);
    case undefined:
      throw new Error(`job ${job.id} has no outcome yet`);
    default:
      throw new Error(`no such outcome: ${outcome satisfies never}`);
  }
}
