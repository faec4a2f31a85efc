import type { PublicKey } from "../protocol/wire.ts";
import type { Database } from "./open_database.ts";

/** A paired browser as it is kept. */
export interface DeviceRecord {
  /** Its name; of a temporary one `<owner>/<name>`, so that two programs may each launch a "chromium". */
  id: string;
  name: string;
  /** The program that a temporary pairing ends with; null for lasting ones. */
  owner: string | null;
  publicKey: PublicKey;
  /** SHA-256 of its session cookie. */
  sessionHash: string;
  userAgent: string;
  /** Milliseconds since 1970. */
  pairedAt: number;
  lastSeenAt: number;
}

interface Row {
  id: string;
  name: string;
  owner: string | null;
  public_key: string;
  session_hash: string;
  user_agent: string;
  paired_at: number;
  last_seen_at: number;
}

/** The pairings on disk: every change is committed before it returns. */
export class DeviceStore {
  constructor(readonly database: Database) {}

  all(): DeviceRecord[] {
    return this.database.all<Row>("SELECT * FROM devices ORDER BY paired_at").map((row) => ({
      id: row.id,
      name: row.name,
      owner: row.owner,
      publicKey: JSON.parse(row.public_key),
      sessionHash: row.session_hash,
      userAgent: row.user_agent,
      pairedAt: row.paired_at,
      lastSeenAt: row.last_seen_at,
    }));
  }

  /** Adds a device, or replaces the one of that id. A lasting one may be another machine now: its nominal times go. */
  put(device: DeviceRecord): void {
    this.database.transaction(() => {
      if (device.owner === null) this.database.run("DELETE FROM nominal_times WHERE device = ?", device.name);
      this.database.run(
        "INSERT OR REPLACE INTO devices VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        device.id,
        device.name,
        device.owner,
        JSON.stringify(device.publicKey),
        device.sessionHash,
        device.userAgent,
        device.pairedAt,
        device.lastSeenAt,
      );
    });
  }

  setSession(id: string, sessionHash: string): void {
    this.database.run("UPDATE devices SET session_hash = ? WHERE id = ?", sessionHash, id);
  }

  seen(id: string, at: number): void {
    this.database.run("UPDATE devices SET last_seen_at = ? WHERE id = ?", at, id);
  }

  /** Removes a device and all that belongs to it. */
  remove({ id, name, owner }: Pick<DeviceRecord, "id" | "name" | "owner">): void {
    this.database.transaction(() => {
      this.database.run("DELETE FROM chunks WHERE job IN (SELECT id FROM jobs WHERE device = ?)", id);
      this.database.run("DELETE FROM reports WHERE job IN (SELECT id FROM jobs WHERE device = ?)", id);
      for (const table of ["jobs", "spent"]) this.database.run(`DELETE FROM ${table} WHERE device = ?`, id);
      if (owner === null) this.database.run("DELETE FROM nominal_times WHERE device = ?", name);
      this.database.run("DELETE FROM devices WHERE id = ?", id);
    });
  }
}
