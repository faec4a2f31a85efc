// Jobs on disk. What a device was told is accepted has been committed here before; a job's rows go when its requester has
// taken what came of it. Of a finished lease its nonce stays a while, so that the same report sent twice counts once.
import type { Database } from "./open_database.ts";

export type JobState = "queued" | "leased" | "done" | "failed";

export interface JobRow {
  id: string;
  device: string;
  /** LoadRequest as JSON: written once, handed out as it is. */
  request: string;
  requestHash: string;
  /** JSON: SHA-256 -> path on this machine. */
  files: string;
  attemptsLeft: number;
  /** Why the last attempt, or the job, failed. */
  reason: string | null;
  state: JobState;
  nonce: string | null;
  page: string | null;
  leasedAt: number | null;
}

export interface SpentNonce {
  nonce: string;
  job: string;
  device: string;
  requestHash: string;
  /** Of the report's body. */
  sha256: string;
}

const keptMs = 7 * 86_400_000;
const spentKeptMs = 86_400_000;

export class JobStore {
  constructor(readonly database: Database) {}

  all(): JobRow[] {
    return this.database.all<JobRow>(
      `SELECT id, device, request, request_hash AS requestHash, files, attempts_left AS attemptsLeft, reason, state, nonce,
         page, leased_at AS leasedAt FROM jobs ORDER BY number`,
    );
  }

  ids(): string[] {
    return this.database.all<{ id: string }>("SELECT id FROM jobs").map(({ id }) => id);
  }

  spent(): SpentNonce[] {
    return this.database.all<SpentNonce>(
      "SELECT nonce, job, device, request_hash AS requestHash, sha256 FROM spent ORDER BY at",
    );
  }

  add(job: Pick<JobRow, "id" | "device" | "request" | "requestHash" | "files" | "attemptsLeft">, now: number): void {
    this.database.run(
      `INSERT INTO jobs (id, device, request, request_hash, files, attempts_left, state, created_at)
         VALUES (?, ?, ?, ?, ?, ?, 'queued', ?)`,
      job.id,
      job.device,
      job.request,
      job.requestHash,
      job.files,
      job.attemptsLeft,
      now,
    );
  }

  lease(job: string, { nonce, page, leasedAt }: { nonce: string; page: string; leasedAt: number }): void {
    this.database.run(
      "UPDATE jobs SET state = 'leased', nonce = ?, page = ?, leased_at = ? WHERE id = ?",
      nonce,
      page,
      leasedAt,
      job,
    );
  }

  addChunk(job: string, { sequence, sha256, body }: { sequence: number; sha256: string; body: string }): void {
    this.database.run("INSERT INTO chunks VALUES (?, ?, ?, ?)", job, sequence, sha256, body);
  }

  /** Bodies and their SHA-256 as accepted, in sequence. */
  chunks(job: string): { sha256: string; body: string }[] {
    return this.database.all("SELECT sha256, body FROM chunks WHERE job = ? ORDER BY sequence", job);
  }

  report(job: string): string | undefined {
    return this.database.all<{ body: string }>("SELECT body FROM reports WHERE job = ?", job)[0]?.body;
  }

  /** The lease has ended with this report, which is what the requester gets. */
  complete(spent: SpentNonce, body: string, now: number): void {
    this.database.transaction(() => {
      this.#spend(spent, now);
      this.database.run("INSERT INTO reports VALUES (?, ?)", spent.job, body);
      this.database.run("UPDATE jobs SET state = 'done', nonce = NULL WHERE id = ?", spent.job);
    });
  }

  /** The lease has ended without a result; what it brought is dropped. With `spent` where a report ended it. */
  release(
    job: string,
    { attemptsLeft, reason, spent }: { attemptsLeft: number; reason: string; spent?: SpentNonce },
    now: number,
  ): void {
    this.database.transaction(() => {
      if (spent) this.#spend(spent, now);
      this.database.run("DELETE FROM chunks WHERE job = ?", job);
      this.database.run(
        "UPDATE jobs SET state = ?, nonce = NULL, attempts_left = ?, reason = ? WHERE id = ?",
        attemptsLeft > 0 ? "queued" : "failed",
        attemptsLeft,
        reason,
        job,
      );
    });
  }

  remove(job: string): void {
    this.database.transaction(() => {
      this.database.run("DELETE FROM chunks WHERE job = ?", job);
      this.database.run("DELETE FROM reports WHERE job = ?", job);
      this.database.run("DELETE FROM jobs WHERE id = ?", job);
    });
  }

  /** Drops jobs whose result nobody came for, and nonces that nobody can have a report left for. */
  prune(now: number): void {
    this.database.transaction(() => {
      const old = now - keptMs;
      this.database.run("DELETE FROM chunks WHERE job IN (SELECT id FROM jobs WHERE created_at < ?)", old);
      this.database.run("DELETE FROM reports WHERE job IN (SELECT id FROM jobs WHERE created_at < ?)", old);
      this.database.run("DELETE FROM jobs WHERE created_at < ?", old);
      this.database.run("DELETE FROM spent WHERE at < ?", now - spentKeptMs);
    });
  }

  #spend({ nonce, job, device, requestHash, sha256 }: SpentNonce, now: number): void {
    this.database.run("INSERT INTO spent VALUES (?, ?, ?, ?, ?, ?)", nonce, job, device, requestHash, sha256, now);
  }
}
