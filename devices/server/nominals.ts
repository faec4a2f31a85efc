import type { RuntimeName } from "../../src/schemas/measurement.ts";
import type { NominalStore, StoredNominal } from "../session.ts";
import { Database } from "./open_database.ts";

/** The references' nominal times per device, runtime and backend. */
export interface Nominals extends NominalStore {
  close(): void;
}

/** Opens the nominal times under `dataDir`; several programs may have them open at once. */
export function openNominals(dataDir: string): Nominals {
  const database = new Database(dataDir);
  return {
    get(device: string, runtime: RuntimeName, backend: string): StoredNominal | undefined {
      const [row] = database.all<{ smallMs: number; largeMs: number; provisional: number }>(
        "SELECT small_ms AS smallMs, large_ms AS largeMs, provisional FROM nominals WHERE device = ? AND runtime = ? AND backend = ?",
        device,
        runtime,
        backend,
      );
      if (!row) return undefined;
      return { nominal: { smallMs: row.smallMs, largeMs: row.largeMs }, provisional: row.provisional === 1 };
    },
    set(device, runtime, backend, { nominal, provisional }) {
      database.run(
        "INSERT OR REPLACE INTO nominals VALUES (?, ?, ?, ?, ?, ?)",
        device,
        runtime,
        backend,
        nominal.smallMs,
        nominal.largeMs,
        provisional ? 1 : 0,
      );
    },
    close: () => database.close(),
  };
}
