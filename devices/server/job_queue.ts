// The jobs of one paired browser. A job is handed out as a lease: a nonce that takes one report until it expires. What is
// not reported (page closed, reloaded, asleep, crashed) is handed out again, a limited number of times.
import type { Report } from "../protocol/wire.ts";
import type { Presence } from "../hub.ts";
import type { AuditEvent, AuditFields } from "./audit.ts";
import { attempts, chunkObjection, countChunk, createLease, type Job, type JobLease } from "./job.ts";
import type { JobStore, SpentNonce } from "./job_store.ts";
import { implausible } from "./plausible.ts";
import { createSecret } from "./secrets.ts";

/** What a poll gives. */
export type PollResult =
  | { kind: "lease"; job: Job; lease: JobLease }
  | { kind: "none" }
  | { kind: "reload" }
  | { kind: "superseded" }
  | { kind: "closed" }
  | { kind: "revoked" };

/** What is known of a nonce that a device sends. */
export type LeaseState =
  | { kind: "current"; job: Job; lease: JobLease }
  | { kind: "spent"; spent: SpentNonce }
  | { kind: "expired" }
  | { kind: "unknown" };

/** "conflict": it contradicts what was accepted before. */
export type AnswerResult = { kind: "accepted"; expiresAt: number } | { kind: "conflict" | "expired"; reason: string };

export interface JobQueueDependencies {
  /** What errors call the device. */
  name: string;
  store: JobStore;
  /** Milliseconds, monotonic. */
  now: () => number;
  audit: (event: AuditEvent, fields: AuditFields) => void;
}

export const leaseMs = 30_000;
const absentAfterMs = 5000;
const queuedAtMost = 64;
const noncesKept = 64;

interface Waiting {
  hidden: boolean;
  fresh: boolean;
  finish(result: PollResult): void;
}

/** The queue of one device. It has no timers but those of a waiting poll: `tick` is to be called about twice a second. */
export class JobQueue {
  readonly #queued: Job[] = [];
  readonly #spent = new Map<string, SpentNonce>();
  /** Nonces of leases that ended without a report. */
  readonly #over = new Set<string>();
  #leased: { job: Job; lease: JobLease } | undefined;
  #waiting: Waiting | undefined;
  #page: string | undefined;
  #lastSeenAt = -Infinity;
  #lastHidden = false;
  #goneSince: number;
  #toldPresence: Presence | undefined;
  #ended: "closed" | "revoked" | undefined;

  constructor(readonly dependencies: JobQueueDependencies) {
    this.#goneSince = dependencies.now();
  }

  /** Takes up what the store held when this program started. */
  restore(jobs: readonly Job[], spent: readonly SpentNonce[]): void {
    for (const job of jobs) {
      if (job.lease) {
        this.#leased = { job, lease: job.lease };
        this.#page = job.lease.page;
      } else if (!job.outcome) this.#queued.push(job);
    }
    for (const nonce of spent) this.#remember(nonce);
  }

  /** Error with more than 64 jobs waiting. It is for the caller to hand out. */
  add(job: Job): void {
    const { name, store, now } = this.dependencies;
    if (this.#queued.filter(({ requester }) => requester).length >= queuedAtMost) {
      throw new Error(`device "${name}": ${queuedAtMost} jobs wait for it already`);
    }
    const { id, device, request, requestHash, files, attemptsLeft } = job;
    store.add({ id, device, request, requestHash, files: JSON.stringify(files), attemptsLeft }, now());
    this.#queued.push(job);
  }

  /** The job is wanted no more; a device that works on it hears so with its next chunk. */
  drop(job: Job): void {
    // Here and elsewhere the store comes first: where it fails, nothing has happened.
    this.dependencies.store.remove(job.id);
    const index = this.#queued.indexOf(job);
    if (index >= 0) this.#queued.splice(index, 1);
    if (this.#leased?.job === job) this.#endLease();
  }

  presence(): Presence {
    if (this.#leased) return "measuring";
    const { now } = this.dependencies;
    if (!this.#waiting && now() - this.#lastSeenAt >= absentAfterMs) return "absent";
    return (this.#waiting?.hidden ?? this.#lastHidden) ? "hidden" : "ready";
  }

  lastSeenAt(): number {
    return this.#waiting ? this.dependencies.now() : this.#lastSeenAt;
  }

  /** What a job's requester is told. */
  activity(job: Job): string {
    if (job.lease) return job.lease.rounds > 0 ? `${job.lease.rounds} rounds` : "prepares and warms up";
    if (this.#leased) return "waits for another measurement of this device";
    const lack = this.#lack();
    return lack === undefined ? "starts" : `waits: ${lack}`;
  }

  #lack(): string | undefined {
    const presence = this.presence();
    if (presence === "hidden") return "its page is hidden; bring it to the front";
    if (presence === "absent") return "its page is not open; open it again, or wake the device";
  }

  /** Makes `page` the one load that gets jobs. What an earlier load held is handed out again once `page` polls. */
  claim(page: string): void {
    this.#lastSeenAt = this.dependencies.now();
    if (page === this.#page) return;
    this.#page = page;
    this.#waiting?.finish({ kind: "superseded" });
  }

  /** The next job, after `waitMs` at most. A page that asks holds no job: one that it held is handed out again. */
  poll(
    request: { page: string; hidden: boolean; fresh: boolean; crashed?: string },
    { waitMs, signal }: { waitMs: number; signal?: AbortSignal },
  ): Promise<PollResult> {
    const { page, hidden, fresh, crashed } = request;
    if (this.#ended) return Promise.resolve({ kind: this.#ended });
    this.#page ??= page;
    if (page !== this.#page) return Promise.resolve({ kind: "superseded" });
    this.#waiting?.finish({ kind: "none" });
    const { promise, resolve } = Promise.withResolvers<PollResult>();
    const giveUp = () => waiting.finish({ kind: "none" });
    const timer = setTimeout(giveUp, waitMs);
    signal?.addEventListener("abort", giveUp);
    const waiting: Waiting = {
      hidden,
      fresh,
      finish: (result) => {
        if (this.#waiting !== waiting) return;
        this.#waiting = undefined;
        this.#lastSeenAt = this.dependencies.now();
        this.#lastHidden = hidden;
        clearTimeout(timer);
        signal?.removeEventListener("abort", giveUp);
        resolve(result);
      },
    };
    this.#waiting = waiting;
    try {
      if (this.#leased) {
        const { job, lease } = this.#leased;
        if (job.id === crashed) this.#abandon("its tab crashed in the middle");
        else this.#abandon(lease.page === page ? "its page gave up" : "its page was closed or reloaded in the middle");
      }
      this.handOut();
    } catch (error) {
      // Nobody is going to read what this poll would be given.
      giveUp();
      throw error;
    }
    return promise;
  }

  /** Gives the next wanted job to a visible page that waits. */
  handOut(): void {
    const waiting = this.#waiting;
    if (!waiting || waiting.hidden || this.#ended) return;
    const now = this.dependencies.now();
    const index = this.#queued.findIndex(({ requester }) => requester && requester.until > now);
    if (index < 0) return;
    if (!waiting.fresh) return waiting.finish({ kind: "reload" });
    const job = this.#queued[index];
    const lease = createLease({ nonce: createSecret(16), page: this.#page ?? "", leasedAt: now }, now);
    this.dependencies.store.lease(job.id, lease);
    this.#queued.splice(index, 1);
    job.lease = lease;
    this.#leased = { job, lease };
    waiting.finish({ kind: "lease", job, lease });
    notify(job);
  }

  /** What a device's `nonce` for `job` is. */
  leaseState(job: string, nonce: string): LeaseState {
    const leased = this.#leased;
    if (leased?.job.id === job && leased.lease.nonce === nonce) {
      return leased.lease.expiresAt > this.dependencies.now() ? { kind: "current", ...leased } : { kind: "expired" };
    }
    const spent = this.#spent.get(nonce);
    if (spent?.job === job) return { kind: "spent", spent };
    // Of a lease that ended before this program started the job alone is known.
    const known = this.#over.has(nonce) || leased?.job.id === job || this.#queued.some(({ id }) => id === job);
    return { kind: known ? "expired" : "unknown" };
  }

  /** Whether the device works on a job just now that needs the file; where it lies. Keeps the lease: it is at work. */
  fileOf(sha256: string): string | undefined {
    const leased = this.#leased;
    return leased && Object.hasOwn(leased.job.files, sha256) ? leased.job.files[sha256] : undefined;
  }

  /** A device that fetches a file is alive. */
  extendLease(): void {
    if (this.#leased) this.#extend(this.#leased);
  }

  acceptChunk(
    { job, lease }: { job: Job; lease: JobLease },
    chunk: { sequence: number; rounds: readonly (readonly number[])[]; sha256: string; body: string },
  ): AnswerResult {
    if (this.#leased?.lease !== lease) return { kind: "expired", reason: "the job was given out again meanwhile" };
    const { sequence, rounds, sha256, body } = chunk;
    const before = lease.chunks[sequence];
    if (before === sha256) return { kind: "accepted", expiresAt: this.#extend({ job, lease }) };
    if (before !== undefined) return { kind: "conflict", reason: `chunk ${sequence} came before with other contents` };
    if (sequence !== lease.chunks.length) {
      return { kind: "conflict", reason: `chunk ${sequence} came instead of chunk ${lease.chunks.length}` };
    }
    const objection = chunkObjection(job, lease, { rounds, body });
    if (objection !== null) return { kind: "conflict", reason: `chunk ${sequence} ${objection}` };
    this.dependencies.store.addChunk(job.id, { sequence, sha256, body });
    countChunk(lease, { sha256, rounds, body });
    const expiresAt = this.#extend({ job, lease });
    notify(job);
    return { kind: "accepted", expiresAt };
  }

  acceptReport(
    { job, lease }: { job: Job; lease: JobLease },
    { chunks, outcome, sha256, body }: Pick<Report, "chunks" | "outcome"> & { sha256: string; body: string },
  ): AnswerResult {
    const { name, store, now, audit } = this.dependencies;
    if (this.#leased?.lease !== lease) return { kind: "expired", reason: "the job was given out again meanwhile" };
    if (chunks !== lease.chunks.length) {
      return { kind: "conflict", reason: `the report speaks of ${chunks} chunks, ${lease.chunks.length} came` };
    }
    const { id, device, requestHash } = job;
    const spent = { nonce: lease.nonce, job: id, device, requestHash, sha256 };
    const doubt = outcome.outcome === "measured"
      ? implausible(outcome.report, { networks: job.networks, seen: lease, elapsedMs: now() - lease.leasedAt })
      : null;
    if (outcome.outcome === "measured" && doubt === null) {
      store.complete(spent, body, now());
      this.#endLease();
      job.outcome = { kind: "done" };
    } else if (outcome.outcome === "failed" && !outcome.retry) {
      this.#release(outcome.reason, { spent, final: true });
    } else {
      if (doubt !== null) audit("quarantined", { device: name, job: id, reason: doubt });
      const reason = outcome.outcome === "failed" ? outcome.reason : `its report cannot be true: ${doubt}`;
      this.#release(reason, { spent });
    }
    this.#remember(spent);
    notify(job);
    this.handOut();
    return { kind: "accepted", expiresAt: now() };
  }

  /** Ends leases that have run out and waits that took too long. */
  tick(): void {
    const now = this.dependencies.now();
    if (this.#leased && this.#leased.lease.expiresAt <= now) {
      const { job: { leaseAtMostMs }, lease: { leasedAt } } = this.#leased;
      this.#abandon(
        now - leasedAt >= leaseAtMostMs
          ? `it did not finish within ${leaseAtMostMs / 60_000} minutes`
          : `it sent nothing for ${leaseMs / 1000} s`,
      );
    }
    const presence = this.presence();
    const changed = presence !== this.#toldPresence;
    this.#toldPresence = presence;
    if (presence === "ready") this.#goneSince = now;
    // One that holds a job may have gone without a word.
    if (presence === "measuring") this.#goneSince = Math.max(this.#goneSince, this.#lastSeenAt);
    for (const job of [...this.#queued]) {
      const { requester } = job;
      if (!requester) continue;
      const gone = now - Math.max(this.#goneSince, requester.since) > requester.waitMs;
      if (gone) {
        const reason = this.#lack() ?? "nothing was heard of it";
        this.drop(job);
        job.outcome = { kind: "gone", reason };
      }
      if (gone || changed) notify(job);
    }
    this.handOut();
  }

  /** The device gets no more jobs; a page that waits is told. Its jobs fail where it was revoked. */
  end(kind: "closed" | "revoked"): void {
    this.#ended = kind;
    this.#waiting?.finish({ kind });
    if (kind === "closed") return;
    for (const job of [...this.#queued, ...(this.#leased ? [this.#leased.job] : [])]) {
      this.drop(job);
      job.outcome = { kind: "gone", reason: "its pairing was ended" };
      notify(job);
    }
  }

  /** A page that waits is answered, so that its connection does not hold up a server that stops. */
  letGo(): void {
    this.#waiting?.finish({ kind: "none" });
  }

  /** Another browser takes this device's place: the page so far hears of it, its jobs stay. */
  handOver(): void {
    this.#page = undefined;
    this.#waiting?.finish({ kind: "revoked" });
    this.#lastSeenAt = -Infinity;
    this.#abandon("another browser was paired in its place");
  }

  #extend({ job, lease }: { job: Job; lease: JobLease }): number {
    const now = this.dependencies.now();
    this.#lastSeenAt = now;
    const expiresAt = Math.min(Math.round(now) + leaseMs, Math.round(lease.leasedAt) + job.leaseAtMostMs);
    // The first lease is a long one, for what comes before the first chunk only.
    return lease.expiresAt = lease.chunks.length > 0 ? expiresAt : Math.max(lease.expiresAt, expiresAt);
  }

  #endLease(): void {
    if (this.#leased) {
      const { job, lease } = this.#leased;
      this.#over.add(lease.nonce);
      forgetOldest(this.#over);
      job.lease = undefined;
    }
    this.#leased = undefined;
    this.#lastSeenAt = this.dependencies.now();
    this.#lastHidden = false;
  }

  #abandon(reason: string): void {
    const leased = this.#leased;
    if (!leased) return;
    // A page that fell silent was last seen when it was last heard.
    const seen = this.#lastSeenAt;
    this.#release(reason);
    this.#lastSeenAt = seen;
    notify(leased.job);
    this.handOut();
  }

  /** Ends the lease without a result. The job is to be handed out again unless `final` or tried often enough. */
  #release(reason: string, { spent, final = false }: { spent?: SpentNonce; final?: boolean } = {}): void {
    const job = this.#leased?.job;
    if (!job) return;
    const attemptsLeft = final ? 0 : job.attemptsLeft - 1;
    const told = attemptsLeft > 0 || final ? reason : `${reason} (${attempts} attempts)`;
    this.dependencies.store.release(job.id, { attemptsLeft, reason: told, spent }, this.dependencies.now());
    job.attemptsLeft = attemptsLeft;
    job.reason = told;
    this.#endLease();
    if (attemptsLeft > 0) this.#queued.unshift(job);
    else job.outcome = { kind: "failed", reason: told };
  }

  #remember(spent: SpentNonce): void {
    this.#spent.set(spent.nonce, spent);
    forgetOldest(this.#spent);
  }
}

function forgetOldest(nonces: Map<string, unknown> | Set<string>): void {
  const oldest = nonces.keys().next();
  if (nonces.size > noncesKept && !oldest.done) nonces.delete(oldest.value);
}

function notify(job: Job): void {
  for (const watcher of [...job.watchers]) watcher();
}
