// A whole search from its configuration to its report: what happens before, around and after the loop.
import { UsageError } from "../src/cli/usage_error.ts";
import { fileExists } from "../src/data/file_exists.ts";
import { isStorageFault } from "../src/data/storage_fault.ts";
import { differingFields, type RunConfig } from "../src/schemas/run_config.ts";
import type { RunEvent } from "./events.ts";
import { executeRun } from "./execute_run.ts";
import { configInFull } from "./full_options.ts";
import { OutsideFaultError } from "./outside_fault.ts";
import { writeReport } from "./report/write_report.ts";
import { type SearchResult, searchResult } from "./result.ts";
import type { RunContext } from "./run_context.ts";
import { type RunFolder, runFolder } from "./run_folder.ts";
import { pinned, writeOptions } from "./run_options.ts";
import { standingAtRest } from "./standing.ts";
import { lockRun, RunLockedError } from "./store/run_lock.ts";
import { RunStore } from "./store/run_store.ts";
import { JobError } from "./trainers/pool.ts";
import { makeFolder, removeEmptyFolder, removeRun, removeUnbegunRun } from "./unbegun_run.ts";

export interface RunOptions extends Pick<RunContext, "onPairing" | "openDevices"> {
  signal?: AbortSignal;
  onEvent?: (event: RunEvent) => void;
}

/** The run exists with another configuration. */
export class OtherConfigurationError extends Error {
  override name = "OtherConfigurationError";
}

/**
 * Runs the search that `config` describes, or goes on with it where an earlier start ended.
 * Rejects with an OtherConfigurationError, an OutdatedRunError or a RunLockedError where the run is not to be touched,
 * with a DeviceGoneError where a device went away that it is not to go on without, with an OutsideFaultError where a fault
 * outside the students stopped it, with the signal's reason where aborted; whatever was finished is stored then, and the
 * same call goes on from there. Rejects with a NothingCompletedError where all its trials ended without a student, as the
 * same call then does again. Rejects with a UsageError where options turn out to be wrong: a run that this call began, and
 * that has no trial yet, is gone then, as is one that a full disk did not let begin.
 */
export async function runSearch(given: RunConfig, options: RunOptions = {}): Promise<SearchResult> {
  const config = configInFull(given);
  const paths = runFolder(config.dataDir, config.run);
  try {
    return await runInFolder(config, paths, options);
  } catch (error) {
    // Whatever an abort breaks: trainers, a page, a wait.
    if (options.signal?.aborted) throw options.signal.reason;
    throw outsideFault(error) ?? error;
  }
}

async function runInFolder(config: RunConfig, paths: RunFolder, options: RunOptions): Promise<SearchResult> {
  const isOwnFolder = await makeFolder(paths.folder);
  using _lock = await lockRun(paths.folder, config.run).catch(async (error) => {
    const isOthers = error instanceof RunLockedError;
    if (isOwnFolder && !isOthers) await asFarAsPossible(removeEmptyFolder(paths.folder));
    throw error;
  });
  const isOwnRun = !fileExists(paths.database);
  const store = await openStore(config, paths).catch(async (error) => {
    if (isOwnRun) await asFarAsPossible(removeRun(paths, { isOwnFolder }));
    throw error;
  });
  try {
    using _store = store;
    return await runStored(config, { paths, store }, options);
  } catch (error) {
    const isWrongUsage = error instanceof UsageError && !options.signal?.aborted;
    if (isOwnRun && isWrongUsage) await asFarAsPossible(removeUnbegunRun(paths, { isOwnFolder }));
    throw error;
  }
}

/** Waits for a removal: should it fail, the error that led to it is the one to be told. */
async function asFarAsPossible(removal: Promise<void>): Promise<void> {
  await removal.catch(() => {});
}

/** The store of the run, with its configuration in it and beside it. */
async function openStore(config: RunConfig, paths: RunFolder): Promise<RunStore> {
  const store = new RunStore(paths.database);
  try {
    checkConfiguration(store, config);
    await writeOptions({ paths, store });
    return store;
  } catch (error) {
    store[Symbol.dispose]();
    throw error;
  }
}

/**
 * What `error` is where it is the disk's, or a trainer's that died with a teacher or backbone for instance: wherever a run
 * meets one, the same call goes on once files can be written and trainers live.
 */
function outsideFault(error: unknown): OutsideFaultError | undefined {
  if (error instanceof JobError && !error.student) {
    return new OutsideFaultError(`${error.label ?? "a training"}: ${error.message}`, { cause: error });
  }
  return isStorageFault(error) ? new OutsideFaultError((error as Error).message, { cause: error }) : undefined;
}

async function runStored(
  config: RunConfig,
  { paths, store }: { paths: RunFolder; store: RunStore },
  options: RunOptions,
): Promise<SearchResult> {
  const started = performance.now();
  const secondsBefore = Number(store.get("seconds") ?? 0);
  const saveSeconds = () => store.set("seconds", secondsBefore + (performance.now() - started) / 1000);
  const emit = (event: RunEvent) => {
    if (event.type === "trial" || event.type === "phase" || isFinalProgress(event)) {
      try {
        // As often as something ended, so that a run that is killed has lost little of its time.
        saveSeconds();
      } catch {
        // What ended is stored by now, and is no failure for that; a store that takes no more says so at its next result.
      }
    }
    try {
      options.onEvent?.(event);
    } catch {
      // A viewer that fails, for instance on a closed pipe, never harms the run.
    }
  };
  emit({ type: "start", run: config.run, trials: config.trials, stored: store.finishedTrials() });
  try {
    if (store.get("state") !== "complete") {
      const { onPairing, openDevices, signal } = options;
      // Devices are not waited for where only the report is missing.
      if (store.get("executed") !== true) {
        await executeRun({ config, paths, store, emit, signal, onPairing, openDevices });
        store.set("executed", true);
      }
      saveSeconds();
      await writeReport(store, paths, "complete");
      store.set("state", "complete");
    } else {
      await writeReport(store, paths, "complete");
    }
    return searchResult(store, paths);
  } catch (error) {
    // Best effort, on a full disk for instance: the error that ended the run is the one to be told.
    try {
      saveSeconds();
      await writeReport(store, paths, standingAtRest(store));
    } catch {
      throw error;
    }
    throw error;
  }
}

/** One more network was trained longer. */
function isFinalProgress(event: RunEvent): boolean {
  return event.type === "progress" && event.phase === "final";
}

function checkConfiguration(store: RunStore, config: RunConfig): void {
  const stored = store.get("config") as RunConfig | undefined;
  if (stored === undefined) {
    store.set("startedAt", new Date().toISOString());
    store.set("state", "running");
    // Last: a run that has a configuration has all of the above.
    store.set("config", config);
    return;
  }
  const fields = differingFields(pinned(store, stored), pinned(store, config));
  if (fields.length > 0) {
    throw new OtherConfigurationError(
      `run "${config.run}" exists with another configuration (${
        fields.join(", ")
      }); choose another --run, or delete it`,
    );
  }
}
