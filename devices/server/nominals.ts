import type { RuntimeName } from "../../src/schemas/measurement.ts";
import type { DeviceIdentity, NominalStore, StoredNominal } from "../session.ts";
import { Database } from "./open_database.ts";

/** The references' nominal times per device, runtime and backend. */
export interface Nominals extends NominalStore {
  close(): void;
}

/** Opens the nominal times under `dataDir`; several programs may have them open at once. */
export function openNominals(dataDir: string): Nominals {
  const database = new Database(dataDir);
  return {
    get({ name, description }: DeviceIdentity, runtime: RuntimeName, backend: string): StoredNominal | undefined {
      const [row] = database.all<{ smallMs: number; largeMs: number; provisional: number }>(
        `SELECT small_ms AS smallMs, large_ms AS largeMs, provisional FROM nominal_times
         WHERE device = ? AND description = ? AND runtime = ? AND backend = ?`,
        name,
        description,
        runtime,
        backend,
      );
      if (!row) return undefined;
      return { nominal: { smallMs: row.smallMs, largeMs: row.largeMs }, provisional: row.provisional === 1 };
    },
    set({ name, description }, runtime, backend, { nominal, provisional }) {
      database.run(
        "INSERT OR REPLACE INTO nominal_times VALUES (?, ?, ?, ?, ?, ?, ?)",
        name,
        description,
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
