// One job in memory: a load that a requester wants from a device, and the lease under which the device works on it.
import type { JobRow } from "./job_store.ts";

export interface JobLease {
  readonly nonce: string;
  /** Name of the page load that holds it. */
  readonly page: string;
  /** On the server's clock, milliseconds. */
  readonly leasedAt: number;
  expiresAt: number;
  /** SHA-256 of the accepted chunks, by sequence. */
  readonly chunks: string[];
  rounds: number;
  /** Milliseconds per inference, summed over rounds, per timed network. */
  sums: number[];
}

/** What came of a job; "gone": its device was away for too long. */
export type JobOutcome = { kind: "done" } | { kind: "failed" | "gone"; reason: string };

/** Somebody who waits for what comes of a job. A job without one is not handed out. */
export interface Requester {
  /** When it is given up unless it asks again; Infinity for this program itself. */
  until: number;
  readonly since: number;
  /** How long the device may be away. */
  readonly waitMs: number;
}

export interface Job {
  readonly id: string;
  readonly device: string;
  /** LoadRequest as JSON. */
  readonly request: string;
  readonly requestHash: string;
  /** Of the request. */
  readonly networks: number;
  /** SHA-256 -> path on this machine. */
  readonly files: Readonly<Record<string, string>>;
  attemptsLeft: number;
  reason: string | null;
  lease?: JobLease;
  outcome?: JobOutcome;
  requester?: Requester;
  /** Called on every change of activity or outcome. */
  readonly watchers: Set<() => void>;
}

export const attempts = 3;

/** The job of a row of the store; chunks of its lease are counted again by `countRounds`. */
export function jobOfRow(row: JobRow, chunks: () => { sha256: string; body: string }[], now: number): Job {
  const job: Job = {
    id: row.id,
    device: row.device,
    request: row.request,
    requestHash: row.requestHash,
    networks: JSON.parse(row.request).networks.length,
    files: JSON.parse(row.files),
    attemptsLeft: row.attemptsLeft,
    reason: row.reason,
    watchers: new Set(),
  };
  if (row.state === "done") job.outcome = { kind: "done" };
  if (row.state === "failed") job.outcome = { kind: "failed", reason: row.reason ?? "failed" };
  if (row.state === "leased" && row.nonce !== null) {
    const { nonce, page, leasedAt } = row;
    // The page could not speak while this server was away: its lease begins anew, its elapsed time does not.
    job.lease = createLease({ nonce, page: page ?? "", leasedAt: leasedAt ?? now }, now);
    for (const { sha256, body } of chunks()) {
      job.lease.chunks.push(sha256);
      countRounds(job.lease, JSON.parse(body).rounds);
    }
  }
  return job;
}

/** How long a lease lasts before the first chunk: files are fetched, shaders compiled, networks warmed up. */
const firstLeaseMs = 90_000;

export function createLease(
  { nonce, page, leasedAt }: Pick<JobLease, "nonce" | "page" | "leasedAt">,
  now: number,
): JobLease {
  return { nonce, page, leasedAt, expiresAt: Math.round(now) + firstLeaseMs, chunks: [], rounds: 0, sums: [] };
}

/** Adds a chunk's rounds to a lease. False, adding nothing, where they hold other numbers of times than those before. */
export function countRounds(lease: JobLease, rounds: readonly (readonly number[])[]): boolean {
  const columns = lease.sums.length || rounds[0]?.length;
  if (rounds.some((round) => round.length !== columns)) return false;
  if (columns && lease.sums.length === 0) lease.sums = new Array(columns).fill(0);
  for (const round of rounds) {
    for (let column = 0; column < round.length; column++) lease.sums[column] += round[column];
  }
  lease.rounds += rounds.length;
  return true;
}
