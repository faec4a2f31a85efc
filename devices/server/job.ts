// One job in memory: a load that a requester wants from a device, and the lease under which the device works on it.
import type { LoadRequest, ProfileName } from "../../src/schemas/measurement.ts";
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
  /** Of the bodies of the accepted chunks. */
  bytes: number;
  /** Milliseconds per inference, summed over the rounds since the last network failed, per timed network. */
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
  /** How long one lease of it may last, however alive its page is. */
  readonly leaseAtMostMs: number;
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

/** Far beyond what the longest load takes, with files to fetch and pauses to cool. */
const leaseAtMostMs: Record<ProfileName, number> = { fast: 600_000, standard: 600_000, certified: 1_200_000 };

/** What a job takes from its request. */
export function termsOf({ networks, profile }: LoadRequest): Pick<Job, "networks" | "leaseAtMostMs"> {
  return { networks: networks.length, leaseAtMostMs: leaseAtMostMs[profile] };
}

/** The job of a row of the store; chunks of its lease are counted again by `countChunk`. */
export function jobOfRow(row: JobRow, chunks: () => { sha256: string; body: string }[], now: number): Job {
  const job: Job = {
    id: row.id,
    device: row.device,
    request: row.request,
    requestHash: row.requestHash,
    ...termsOf(JSON.parse(row.request)),
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
    for (const { sha256, body } of chunks()) countChunk(job.lease, { sha256, body, rounds: JSON.parse(body).rounds });
  }
  return job;
}

/** How long a lease lasts before the first chunk. While the page prepares, it sends an empty one every 10 s. */
const firstLeaseMs = 45_000;

export function createLease(
  { nonce, page, leasedAt }: Pick<JobLease, "nonce" | "page" | "leasedAt">,
  now: number,
): JobLease {
  return {
    nonce,
    page,
    leasedAt,
    expiresAt: Math.round(now) + firstLeaseMs,
    chunks: [],
    rounds: 0,
    bytes: 0,
    sums: [],
  };
}

/** What no honest load comes near. */
const atMost = { rounds: 200_000, bytes: 64_000_000 };

type Rounds = readonly (readonly number[])[];

/** Why a chunk cannot be one of this lease, or null. */
export function chunkObjection(
  { networks }: Job,
  lease: JobLease,
  { rounds, body }: { rounds: Rounds; body: string },
): string | null {
  // A network that fails leaves later rounds shorter by one; none comes back.
  let columns = lease.sums.length || networks;
  for (const { length } of rounds) {
    if (length > columns) return "holds rounds of other lengths than it should";
    columns = length;
  }
  if (lease.rounds + rounds.length > atMost.rounds) return `brings more than ${atMost.rounds} rounds`;
  return lease.bytes + body.length > atMost.bytes ? `brings more than ${atMost.bytes / 1e6} MB` : null;
}

/** Adds a chunk to a lease. Rounds of before a network failed no longer count in the sums. */
export function countChunk(
  lease: JobLease,
  { sha256, rounds, body }: { sha256: string; rounds: Rounds; body: string },
): void {
  lease.chunks.push(sha256);
  for (const round of rounds) {
    if (round.length !== lease.sums.length) lease.sums = new Array(round.length).fill(0);
    for (let column = 0; column < round.length; column++) lease.sums[column] += round[column];
  }
  lease.rounds += rounds.length;
  lease.bytes += body.length;
}
