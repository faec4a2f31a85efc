// The jobs of one paired browser. A job is handed out as a lease: a fresh id that takes one answer until it expires.
// What is not answered (page closed, reloaded, asleep) is handed out again, a limited number of times.
import type { MeasureJob, RawMeasurement } from "../../src/schemas/measurement.ts";
import type { FlagName } from "../protocol/flags.ts";
import type { JobAnswer } from "../protocol/wire.ts";

/** What a browser does just now: measures or waits for a job, is open behind something else, or is not there. */
export type Presence = "ready" | "hidden" | "absent";

/** What a poll gives. */
export type PollResult = { kind: "job"; job: MeasureJob } | { kind: "none" } | { kind: "superseded" } | {
  kind: "closed";
};

/** What became of an answer; "accepted" also when the same one came before. */
export type AnswerResult = "accepted" | "unknown" | "expired";

export interface JobQueue {
  /** Resolves with the device's answer. Rejects after `deadlineMs`, when aborted or closed, and when attempts ran out. */
  submit(
    job: Omit<MeasureJob, "id">,
    options: { deadlineMs: number; signal?: AbortSignal; onPresence?: (presence: Presence) => void },
  ): Promise<RawMeasurement>;
  /** Makes `page` the one load that gets jobs; what an earlier load held is handed out again. */
  claim(page: string): void;
  /** The next job, after `waitMs` at most. A page that asks holds no job: one that it held is handed out again. */
  poll(page: string, options: { hidden: boolean; waitMs: number; signal?: AbortSignal }): Promise<PollResult>;
  answer(id: string, answer: JobAnswer): AnswerResult;
  /** Rejects all jobs and answers polls with "closed". Resolves once an open page has heard it, within a second. */
  close(): Promise<void>;
}

export interface JobQueueOptions {
  /** What errors call the device. */
  name: string;
  /** How long an answer may take. Default 60 s. */
  leaseMs?: number;
  /** A browser that has not polled for this long is absent. Default 5 s. */
  absentAfterMs?: number;
}

interface Entry {
  job: Omit<MeasureJob, "id">;
  attemptsLeft: number;
  resolve(raw: RawMeasurement): void;
  reject(error: unknown): void;
}

const attempts = 3;
const rememberedLeases = 64;
const presenceCheckMs = 1000;
const pageToldWithinMs = 1000;

/** A queue of jobs for one browser. */
export function createJobQueue({ name, leaseMs = 60_000, absentAfterMs = 5000 }: JobQueueOptions): JobQueue {
  const pending: Entry[] = [];
  const past = new Map<string, "accepted" | "expired">();
  let lease: { id: string; entry: Entry; timer: ReturnType<typeof setTimeout> } | undefined;
  let waiting: { hidden: boolean; finish(result: PollResult): void } | undefined;
  let currentPage: string | undefined;
  let lastSeenAt = -Infinity;
  let closed = false;
  const pageTold = Promise.withResolvers<void>();
  const entries = new Set<Entry>();

  function remember(id: string, end: "accepted" | "expired"): void {
    past.set(id, end);
    const oldest = past.keys().next();
    if (past.size > rememberedLeases && !oldest.done) past.delete(oldest.value);
  }

  function endLease(end: "accepted" | "expired"): Entry | undefined {
    if (!lease) return undefined;
    const { id, entry, timer } = lease;
    clearTimeout(timer);
    lease = undefined;
    remember(id, end);
    return entry;
  }

  function retry(entry: Entry, reason: string): void {
    if (!entries.has(entry)) return;
    if (--entry.attemptsLeft > 0) pending.unshift(entry);
    else entry.reject(new Error(`device "${name}": ${reason} (${attempts} attempts)`));
    handOut();
  }

  function abandonLease(reason: string): void {
    const entry = endLease("expired");
    if (entry) retry(entry, reason);
  }

  function handOut(): void {
    if (!waiting || waiting.hidden) return;
    const entry = pending.shift();
    if (!entry) return;
    const id = crypto.randomUUID();
    const timer = setTimeout(() => abandonLease(`no answer within ${leaseMs / 1000} s`), leaseMs);
    lease = { id, entry, timer };
    waiting.finish({ kind: "job", job: { id, ...entry.job } });
  }

  function presence(): Presence {
    if (waiting?.hidden) return "hidden";
    const here = waiting !== undefined || lease !== undefined || performance.now() - lastSeenAt < absentAfterMs;
    return here ? "ready" : "absent";
  }

  return {
    submit(job, { deadlineMs, signal, onPresence }) {
      const { promise, resolve, reject } = Promise.withResolvers<RawMeasurement>();
      const entry: Entry = { job, attemptsLeft: attempts, resolve, reject };
      entries.add(entry);
      pending.push(entry);
      let told: Presence = "ready";
      const watch = setInterval(() => {
        const now = presence();
        if (now !== told) onPresence?.(told = now);
      }, presenceCheckMs);
      const deadline = setTimeout(() => {
        reject(new Error(`device "${name}": no measurement within ${deadlineMs / 1000} s; its page is ${presence()}`));
      }, deadlineMs);
      const abort = () => reject(signal?.reason);
      signal?.addEventListener("abort", abort);
      if (signal?.aborted) abort();
      else if (closed) reject(new Error(`device "${name}" is closed`));
      else handOut();
      return promise.finally(() => {
        clearInterval(watch);
        clearTimeout(deadline);
        signal?.removeEventListener("abort", abort);
        entries.delete(entry);
        if (pending.includes(entry)) pending.splice(pending.indexOf(entry), 1);
        if (lease?.entry === entry) endLease("expired");
      });
    },
    claim(page) {
      if (page === currentPage) return;
      currentPage = page;
      waiting?.finish({ kind: "superseded" });
      abandonLease("its page was closed or reloaded before it answered");
    },
    poll(page, { hidden, waitMs, signal }) {
      if (closed) {
        pageTold.resolve();
        return Promise.resolve({ kind: "closed" });
      }
      if (page !== currentPage) return Promise.resolve({ kind: "superseded" });
      waiting?.finish({ kind: "none" });
      const { promise, resolve } = Promise.withResolvers<PollResult>();
      const giveUp = () => finish({ kind: "none" });
      const timer = setTimeout(giveUp, waitMs);
      signal?.addEventListener("abort", giveUp);
      const own = { hidden, finish };
      function finish(result: PollResult): void {
        if (waiting !== own) return;
        waiting = undefined;
        lastSeenAt = performance.now();
        clearTimeout(timer);
        signal?.removeEventListener("abort", giveUp);
        resolve(result);
      }
      waiting = own;
      abandonLease("its page gave up on the job");
      handOut();
      return promise;
    },
    answer(id, answer) {
      if (lease?.id !== id) return past.get(id) ?? "unknown";
      const entry = endLease("accepted");
      lastSeenAt = performance.now();
      if (!entry) return "unknown";
      if (answer.outcome === "failed") retry(entry, answer.reason);
      else if (isHidden(answer.measurement) && entry.attemptsLeft > 1) retry(entry, "its page was hidden");
      else entry.resolve(answer.measurement);
      return "accepted";
    },
    async close() {
      closed = true;
      const willAsk = !waiting && presence() !== "absent";
      waiting?.finish({ kind: "closed" });
      for (const entry of entries) entry.reject(new Error(`device "${name}" is closed`));
      if (!willAsk) return;
      const timer = setTimeout(pageTold.resolve, pageToldWithinMs);
      await pageTold.promise;
      clearTimeout(timer);
    },
  };
}

function isHidden(raw: RawMeasurement): boolean {
  return raw.flags.includes("hidden-page" satisfies FlagName);
}
