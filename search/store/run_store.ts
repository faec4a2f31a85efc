// One run in one SQLite file (WAL): what was asked, measured, trained and told. Every write is one transaction, so a run
// killed at any instant goes on from the last of them.
import { DatabaseSync } from "node:sqlite";
import { type Measurement, measurementSchema, type RuntimeName } from "../../src/schemas/measurement.ts";
import { type FinalStudent, finalStudentSchema, type Trial, trialSchema } from "../../src/schemas/trial.ts";
import type { Snapshot } from "../controller.ts";

const schemaVersion = 1;

const tables = `
  CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS trials (
    role TEXT NOT NULL, number INTEGER NOT NULL, batch INTEGER NOT NULL, state TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (role, number)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS measurements (
    architecture TEXT NOT NULL, device TEXT NOT NULL, runtime TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (architecture, device, runtime)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS controller (id INTEGER PRIMARY KEY CHECK (id = 1), batch INTEGER NOT NULL,
    told INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS finals (
    role TEXT NOT NULL, trial INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (role, trial)
  ) STRICT;
`;

/** The controller as it was after it asked for `batch`, or, if `told`, after it was told the batch's rewards. */
export interface ControllerState {
  batch: number;
  told: boolean;
  snapshot: Snapshot;
}

type Role = Trial["role"];

/** The store of one run. Not shared between processes: the run's lock sees to that. */
export class RunStore {
  readonly #database: DatabaseSync;

  /** Opens or creates `file`; an Error naming the file where it is not a run of this version. */
  constructor(file: string, options: { readOnly?: boolean } = {}) {
    try {
      this.#database = new DatabaseSync(file, { readOnly: options.readOnly ?? false });
      if (!options.readOnly) {
        this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
        this.#database.exec(tables);
        if (this.get("schemaVersion") === undefined) this.set("schemaVersion", schemaVersion);
      }
      const version = this.get("schemaVersion");
      if (version !== schemaVersion) throw new Error(`version ${version}, expected ${schemaVersion}`);
    } catch (error) {
      throw new Error(`${file}: cannot open the run: ${(error as Error).message}`);
    }
  }

  #transaction(write: () => void): void {
    this.#database.exec("BEGIN IMMEDIATE");
    try {
      write();
      this.#database.exec("COMMIT");
    } catch (error) {
      this.#database.exec("ROLLBACK");
      throw error;
    }
  }

  /** A value of the run's own, undefined where it was never set. */
  get(key: string): unknown {
    const row = this.#database.prepare("SELECT value FROM meta WHERE key = ?").get(key) as
      | { value: string }
      | undefined;
    return row === undefined ? undefined : JSON.parse(row.value);
  }

  set(key: string, value: unknown): void {
    this.#database.prepare("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
      .run(key, JSON.stringify(value));
  }

  /** Inserts or replaces `trial`; its measurements are kept apart. */
  saveTrial(trial: Trial): void {
    const { measurements: _measurements, ...rest } = trial;
    this.#database.prepare(
      `INSERT INTO trials VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (role, number) DO UPDATE SET state = excluded.state, json = excluded.json`,
    ).run(trial.role, trial.number, trial.batch, trial.state, JSON.stringify(rest));
  }

  /** All trials of `role` in ask order, each with its measurements. */
  trials(role: Role): Trial[] {
    const measurements = Map.groupBy(this.measurements(), (measurement) => measurement.architectureHash);
    const rows = this.#database.prepare("SELECT json FROM trials WHERE role = ? ORDER BY number").all(role);
    return rows.map((row) => {
      const trial = JSON.parse((row as { json: string }).json);
      return trialSchema.parse({ ...trial, measurements: measurements.get(trial.architectureHash) ?? [] });
    });
  }

  /** Stores the measurements of one network, all or none. */
  saveMeasurements(measurements: readonly Measurement[]): void {
    this.#transaction(() => {
      for (const measurement of measurements) {
        this.#database.prepare("INSERT OR REPLACE INTO measurements VALUES (?, ?, ?, ?)").run(
          measurement.architectureHash,
          measurement.device.name,
          measurement.runtime,
          JSON.stringify(measurement),
        );
      }
    });
  }

  measurement(architectureHash: string, device: string, runtime: RuntimeName): Measurement | undefined {
    const row = this.#database
      .prepare("SELECT json FROM measurements WHERE architecture = ? AND device = ? AND runtime = ?")
      .get(architectureHash, device, runtime) as { json: string } | undefined;
    return row && measurementSchema.parse(JSON.parse(row.json));
  }

  /** What devices measured of one network: of all of them, or nothing. */
  measurementsOf(architectureHash: string): Measurement[] {
    const rows = this.#database.prepare("SELECT json FROM measurements WHERE architecture = ? ORDER BY rowid").all(
      architectureHash,
    );
    return rows.map((row) => measurementSchema.parse(JSON.parse((row as { json: string }).json)));
  }

  measurements(): Measurement[] {
    const rows = this.#database.prepare("SELECT json FROM measurements ORDER BY rowid").all() as { json: string }[];
    return rows.map((row) => measurementSchema.parse(JSON.parse(row.json)));
  }

  controllerState(): ControllerState | undefined {
    const row = this.#database.prepare("SELECT batch, told, json FROM controller").get() as
      | { batch: number; told: number; json: string }
      | undefined;
    return row && { batch: row.batch, told: row.told === 1, snapshot: JSON.parse(row.json) };
  }

  /** Writes the controller's state and `trials` in one transaction. */
  saveController(state: ControllerState, trials: readonly Trial[]): void {
    this.#transaction(() => {
      for (const trial of trials) this.saveTrial(trial);
      this.#database.prepare("INSERT OR REPLACE INTO controller VALUES (1, ?, ?, ?)")
        .run(state.batch, state.told ? 1 : 0, JSON.stringify(state.snapshot));
    });
  }

  saveFinal(student: FinalStudent): void {
    this.#database.prepare("INSERT OR REPLACE INTO finals VALUES (?, ?, ?)")
      .run(student.role, student.trial, JSON.stringify(student));
  }

  finals(): FinalStudent[] {
    const rows = this.#database.prepare("SELECT json FROM finals ORDER BY role DESC, trial").all() as {
      json: string;
    }[];
    return rows.map((row) => finalStudentSchema.parse(JSON.parse(row.json)));
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
