// The one SQLite file of paired devices and their jobs. WAL with synchronous NORMAL: what was committed outlives `kill -9`.
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";

const version = 1;
const busyMs = 5000;
/** Of 4 KB. */
const checkpointPages = 8000;

const tables = `
  CREATE TABLE IF NOT EXISTS devices (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, owner TEXT, public_key TEXT NOT NULL, session_hash TEXT NOT NULL,
    user_agent TEXT NOT NULL, paired_at REAL NOT NULL, last_seen_at REAL NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, device TEXT NOT NULL, request TEXT NOT NULL,
    request_hash TEXT NOT NULL, files TEXT NOT NULL, attempts_left INTEGER NOT NULL, reason TEXT,
    state TEXT NOT NULL, nonce TEXT, page TEXT, leased_at REAL, created_at REAL NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS chunks (
    job TEXT NOT NULL, sequence INTEGER NOT NULL, sha256 TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (job, sequence)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS reports (job TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS spent (
    nonce TEXT PRIMARY KEY, job TEXT NOT NULL, device TEXT NOT NULL, request_hash TEXT NOT NULL, sha256 TEXT NOT NULL,
    at REAL NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS nominal_times (
    device TEXT NOT NULL, description TEXT NOT NULL, runtime TEXT NOT NULL, backend TEXT NOT NULL, small_ms REAL NOT NULL,
    large_ms REAL NOT NULL, provisional INTEGER NOT NULL, PRIMARY KEY (device, description, runtime, backend)
  ) STRICT;
`;

/** The folder of everything about devices, readable by its owner only; made where it is missing. */
export function devicesFolder(dataDir: string): string {
  const folder = `${dataDir}/devices`;
  Deno.mkdirSync(folder, { recursive: true });
  if (Deno.build.os !== "windows") Deno.chmodSync(folder, 0o700);
  return folder;
}

/** A database whose statements are prepared once. */
export class Database {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens or creates `<dataDir>/devices/devices.sqlite`; an Error that names the file where it cannot be used. */
  constructor(dataDir: string) {
    const file = `${devicesFolder(dataDir)}/devices.sqlite`;
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(file);
      // The time to wait comes first: another program may be making the tables just now.
      database.exec(`PRAGMA busy_timeout = ${busyMs}; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;`);
      // A checkpoint waits for the disk, and every device with it: most of what is written is soon deleted, so a few large
      // ones write less than many small ones.
      database.exec(`PRAGMA wal_autocheckpoint = ${checkpointPages};`);
      const found = Number(database.prepare("PRAGMA user_version").get()?.user_version);
      if (found !== 0 && found !== version) throw new Error(`it has version ${found}, expected ${version}`);
      database.exec(`BEGIN IMMEDIATE; ${tables} PRAGMA user_version = ${version}; COMMIT;`);
    } catch (error) {
      database?.close();
      throw new Error(`${file}: cannot open the pairings: ${(error as Error).message}`);
    }
    this.#database = database;
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) this.#statements.set(sql, statement = this.#database.prepare(sql));
    return statement;
  }

  run(sql: string, ...values: SQLInputValue[]): void {
    this.#prepared(sql).run(...values);
  }

  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepared(sql).all(...values) as Row[];
  }

  /** All of `write` or nothing. */
  transaction(write: () => void): void {
    this.run("BEGIN IMMEDIATE");
    try {
      write();
      this.run("COMMIT");
    } catch (error) {
      this.run("ROLLBACK");
      throw error;
    }
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}
