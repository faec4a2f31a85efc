// One run in one SQLite file (WAL): what was asked, measured, trained and told. Every write is one transaction, so a run
// killed at any instant goes on from the last of them.
import { basename, dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import { fileExists } from "../../src/data/file_exists.ts";
import { firstIssue } from "../../src/schemas/first_issue.ts";
import { type Measurement, measurementSchema, type RuntimeName } from "../../src/schemas/measurement.ts";
import { type FinalStudent, finalStudentSchema, type Trial, trialSchema } from "../../src/schemas/trial.ts";
import type { ControllerStatistics, Snapshot } from "../controller.ts";
import { OutsideFaultError } from "../outside_fault.ts";

const schemaVersion = 5;

/** What a run of before `version` lacks; the last one is of `schemaVersion`. */
const changes: readonly { version: number; lacks: string }[] = [
  // By protocol nacre/1, of one backend per device.
  { version: 3, lacks: "whose latencies do not compare with today's" },
  // The configuration names any method, with its options in full.
  { version: 4, lacks: "whose configuration does not hold the method's options in full" },
  // Trials know their memory and download size; what the controller learned is kept batch by batch.
  { version: 5, lacks: "whose trials have no sizes and whose controller left no record" },
];

/** The run was made by an earlier version, and cannot be gone on with. */
export class OutdatedRunError extends Error {
  override name = "OutdatedRunError";

  constructor(file: string, /** In words that go on "a run of an earlier version". */ readonly lacks: string) {
    super(
      `${file}: a run of an earlier version, ${lacks}; take another name, or delete it by deno task runs --delete`,
    );
  }
}

const metaTable = "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;";

const tables = `
  CREATE TABLE IF NOT EXISTS trials (
    role TEXT NOT NULL, number INTEGER NOT NULL, batch INTEGER NOT NULL, state TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (role, number)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS measurements (
    model TEXT NOT NULL, device TEXT NOT NULL, runtime TEXT NOT NULL, backend TEXT NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (model, device, runtime, backend)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS controller (id INTEGER PRIMARY KEY CHECK (id = 1), batch INTEGER NOT NULL,
    told INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS finals (
    role TEXT NOT NULL, trial INTEGER NOT NULL, json TEXT NOT NULL, PRIMARY KEY (role, trial)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS updates (batch INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
`;

/** The controller as it was after it asked for `batch`, or, if `told`, after it was told the batch's rewards. */
export interface ControllerState {
  batch: number;
  told: boolean;
  snapshot: Snapshot;
}

/** What the controller said of itself after it was told a batch. */
export interface ControllerUpdate {
  batch: number;
  statistics: ControllerStatistics;
}

type Role = Trial["role"];

/**
 * What readers of the run's own values count on, at the least: whatever else is in them, a configuration of before an
 * option was added for instance, is read as it is.
 */
const valueSchemas: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  [
    "config",
    z.looseObject({
      trials: z.int().min(1),
      devices: z.array(z.looseObject({ name: z.string() })).min(1),
      teacher: z.array(z.string()),
      distiller: z.looseObject({ name: z.string() }),
    }),
  ],
  ["targets", z.array(z.looseObject({ device: z.string(), targetMs: z.number(), weight: z.number() }))],
]);

const snapshotSchema = z.looseObject({ controller: z.string() });

/** In JSON a figure that is no finite number is null. */
const statisticsSchema = z.record(z.string(), z.number().nullable());

/** Whether `error` is one of SQLite's own, on a full disk for instance. */
function isDatabaseError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && error.code === "ERR_SQLITE_ERROR";
}

/** SQLite gives no other sign of which error it is. */
const storageFaults = /disk is full|disk I\/O error|readonly database|unable to open database file/;

/** Whether writes of earlier processes wait beside `file` for it to take them in. */
function hasPendingWrites(file: string): boolean {
  try {
    return Deno.statSync(`${file}-wal`).size > 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * The database in `file`, to be read. SQLite makes a file beside one in WAL mode even then; where it cannot, on a disk
 * mounted for reading for instance, nobody else can change the database either, and it is read without.
 */
function openToRead(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    database.prepare("SELECT name FROM sqlite_schema LIMIT 1").get();
    return database;
  } catch (error) {
    database.close();
    const { message } = error as Error;
    if (!message.includes("unable to open database file") || !fileExists(file) || hasPendingWrites(file)) throw error;
  }
  const url = pathToFileURL(file);
  url.searchParams.set("immutable", "1");
  return new DatabaseSync(url.href, { readOnly: true });
}

/**
 * The store of one run. Not shared between processes: the run's lock sees to that. Writes throw an OutsideFaultError that
 * names the file, on a full disk for instance.
 */
export class RunStore {
  readonly #database: DatabaseSync;
  readonly #file: string;
  readonly #run: string;
  /** Whether values are of today's form. */
  #isCurrent = false;

  /**
   * Opens or creates `file`. Throws an OutdatedRunError on a run of an earlier version, unless only its `get` and
   * `countFinished` are wanted (`outdated`), and an Error naming the file where it is no run; an OutsideFaultError
   * that does where it cannot be written, on a full disk for instance.
   */
  constructor(file: string, options: { readOnly?: boolean; outdated?: boolean } = {}) {
    this.#file = file;
    this.#run = basename(dirname(file));
    let version: unknown;
    let database: DatabaseSync | undefined;
    try {
      this.#database = database = options.readOnly ? openToRead(file) : new DatabaseSync(file);
      if (!options.readOnly) {
        this.#database.exec(metaTable);
        if (this.get("schemaVersion") === undefined) this.set("schemaVersion", schemaVersion);
      }
      version = this.get("schemaVersion");
      // A file of another version is left as it is.
      if (version === schemaVersion && !options.readOnly) {
        this.#database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
        this.#database.exec(tables);
      }
    } catch (error) {
      database?.close();
      if (error instanceof OutsideFaultError) throw error;
      const { message } = error as Error;
      if (!options.readOnly && storageFaults.test(message)) {
        throw new OutsideFaultError(`cannot write ${file}: ${message}`, { cause: error });
      }
      throw new Error(`${file}: cannot open the run: ${message}`);
    }
    this.#isCurrent = version === schemaVersion;
    if (version === schemaVersion || (options.outdated && Number(version) < schemaVersion)) return;
    this.#database.close();
    if (Number(version) < schemaVersion) {
      // There is one: the last is of today's version.
      throw new OutdatedRunError(file, changes.find((change) => Number(version) < change.version)!.lacks);
    }
    throw new Error(`${file}: cannot open the run: version ${version}, expected ${schemaVersion}`);
  }

  /** Makes the writes of `write` all or none; not within another transaction. */
  transaction(write: () => void): void {
    this.#write(() => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        write();
        this.#database.exec("COMMIT");
      } catch (error) {
        // On a full disk SQLite has rolled back by itself.
        if (this.#database.isTransaction) this.#database.exec("ROLLBACK");
        throw error;
      }
    });
  }

  #write(write: () => void): void {
    try {
      write();
    } catch (error) {
      if (!isDatabaseError(error)) throw error;
      throw new OutsideFaultError(`cannot write ${this.#file}: ${error.message}`, { cause: error });
    }
  }

  /** A value of the run's own, undefined where it was never set. Error of one line on a damaged one. */
  get(key: string): unknown {
    const row = this.#database.prepare("SELECT value FROM meta WHERE key = ?").get(key) as
      | { value: string }
      | undefined;
    if (row === undefined) return undefined;
    const schema = this.#isCurrent && valueSchemas.get(key);
    return this.#read(z.unknown(), key, () => {
      const value = JSON.parse(row.value);
      // As it was written: a schema would fill in, and leave out.
      if (schema) schema.parse(value);
      return value;
    });
  }

  set(key: string, value: unknown): void {
    this.#write(() =>
      this.#database.prepare("INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
        .run(key, JSON.stringify(value))
    );
  }

  /** Inserts or replaces `trial`; its measurements are kept apart. */
  saveTrial(trial: Trial): void {
    const { measurements: _measurements, ...rest } = trial;
    this.#write(() =>
      this.#database.prepare(
        `INSERT INTO trials VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (role, number) DO UPDATE SET state = excluded.state, json = excluded.json`,
      ).run(trial.role, trial.number, trial.batch, trial.state, JSON.stringify(rest))
    );
  }

  /** A stored row as `schema` has it; an Error of one line that says `what` of the run is damaged, and where. */
  #read<Schema extends z.ZodType>(schema: Schema, what: string, read: () => unknown): z.output<Schema> {
    try {
      return schema.parse(read());
    } catch (error) {
      const why = error instanceof z.ZodError ? firstIssue(error) : (error as Error).message;
      throw new Error(`run "${this.#run}": ${what} in its store is damaged: ${why}`, { cause: error });
    }
  }

  /** All trials of `role` in ask order, each with its measurements. Error of one line on a damaged one. */
  trials(role: Role): Trial[] {
    const measurements = Map.groupBy(this.measurements(), (measurement) => measurement.modelHash);
    const rows = this.#database.prepare("SELECT number, json FROM trials WHERE role = ? ORDER BY number").all(role) as {
      number: number;
      json: string;
    }[];
    return rows.map(({ json, number }) =>
      this.#read(trialSchema, `${role === "search" ? "trial" : role} ${number}`, () => {
        const trial = JSON.parse(json);
        return { ...trial, measurements: measurements.get(trial.architectureHash) ?? [] };
      })
    );
  }

  /** Finished baselines and trials, with their measurements. */
  finishedTrials(): Trial[] {
    return [...this.trials("baseline"), ...this.trials("search")].filter(({ state }) => state !== "pending");
  }

  /** How many trials of the search are finished. */
  countFinished(): number {
    const row = this.#database.prepare("SELECT COUNT(*) AS count FROM trials WHERE role = ? AND state <> ?")
      .get("search", "pending") as { count: number };
    return row.count;
  }

  /** Stores measurements, all or none; later ones of a network, device, runtime and backend replace earlier ones. */
  saveMeasurements(measurements: readonly Measurement[]): void {
    this.transaction(() => {
      for (const measurement of measurements) {
        this.#database.prepare("INSERT OR REPLACE INTO measurements VALUES (?, ?, ?, ?, ?)").run(
          measurement.modelHash,
          measurement.device.name,
          measurement.runtime,
          measurement.backend,
          JSON.stringify(measurement),
        );
      }
    });
  }

  /** The one on `backend`; where that is not given, the last one on any. */
  measurement(modelHash: string, device: string, runtime: RuntimeName, backend?: string): Measurement | undefined {
    const row = this.#database
      .prepare(
        `SELECT json FROM measurements WHERE model = ? AND device = ? AND runtime = ? AND backend = coalesce(?, backend)
         ORDER BY rowid DESC`,
      )
      .get(modelHash, device, runtime, backend ?? null) as { json: string } | undefined;
    return row && this.#read(measurementSchema, `a measurement on ${device}`, () => JSON.parse(row.json));
  }

  measurements(): Measurement[] {
    const rows = this.#database.prepare("SELECT device, json FROM measurements ORDER BY rowid").all() as {
      device: string;
      json: string;
    }[];
    return rows.map(({ device, json }) =>
      this.#read(measurementSchema, `a measurement on ${device}`, () => JSON.parse(json))
    );
  }

  controllerState(): ControllerState | undefined {
    const row = this.#database.prepare("SELECT batch, told, json FROM controller").get() as
      | { batch: number; told: number; json: string }
      | undefined;
    if (row === undefined) return undefined;
    const snapshot = this.#read(snapshotSchema, "the controller's state", () => JSON.parse(row.json));
    return { batch: row.batch, told: row.told === 1, snapshot };
  }

  /** Writes the controller's state, `trials` and, of a batch that was told, `statistics` in one transaction. */
  saveController(state: ControllerState, trials: readonly Trial[], statistics?: ControllerStatistics): void {
    this.transaction(() => {
      if (statistics) {
        this.#database.prepare("INSERT OR REPLACE INTO updates VALUES (?, ?)")
          .run(state.batch, JSON.stringify(statistics));
      }
      for (const trial of trials) this.saveTrial(trial);
      this.#database.prepare("INSERT OR REPLACE INTO controller VALUES (1, ?, ?, ?)")
        .run(state.batch, state.told ? 1 : 0, JSON.stringify(state.snapshot));
    });
  }

  /** What the controller said of itself, batch by batch. */
  updates(): ControllerUpdate[] {
    const rows = this.#database.prepare("SELECT batch, json FROM updates ORDER BY batch").all() as {
      batch: number;
      json: string;
    }[];
    return rows.map(({ batch, json }) => {
      const read = this.#read(
        statisticsSchema,
        `what the controller learned of batch ${batch}`,
        () => JSON.parse(json),
      );
      return { batch, statistics: read as ControllerStatistics };
    });
  }

  saveFinal(student: FinalStudent): void {
    this.#write(() =>
      this.#database.prepare("INSERT OR REPLACE INTO finals VALUES (?, ?, ?)")
        .run(student.role, student.trial, JSON.stringify(student))
    );
  }

  finals(): FinalStudent[] {
    const rows = this.#database.prepare("SELECT trial, json FROM finals ORDER BY role DESC, trial").all() as {
      trial: number;
      json: string;
    }[];
    return rows.map(({ json, trial }) =>
      this.#read(finalStudentSchema, `the longer training of ${trial}`, () => JSON.parse(json))
    );
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}
