// `deno task runs`: the runs of a data folder, and how to be rid of them.
import { cacheFolder, type RunFolder, runFolder, runsFolder } from "./run_folder.ts";
import { latenciesOn } from "./latency/measurement_on.ts";
import { bestTrials, searchResult } from "./result.ts";
import { type Standing, standingOf } from "./standing.ts";
import { lockRun } from "./store/run_lock.ts";
import { OutdatedRunError, RunStore } from "./store/run_store.ts";

/** A run at a glance. */
export interface RunSummary {
  run: string;
  /** `outdated`: of an earlier version, to be looked at and deleted only. */
  state: Standing | "outdated" | "damaged";
  startedAt: string;
  preset: string;
  trials: number;
  plannedTrials: number;
  bestReward: number | null;
  bestAccuracy: number | null;
  /** Over the devices of the run. */
  bestLatencyMs: number | null;
  /** By device that is still in the run, where it has several. */
  bestLatenciesMs: Record<string, number> | null;
  bytes: number;
}

/** Bytes of all files under `folder`; 0 where there is none. */
export function folderBytes(folder: string): number {
  let bytes = 0;
  try {
    for (const entry of Deno.readDirSync(folder)) {
      const path = `${folder}/${entry.name}`;
      bytes += entry.isDirectory ? folderBytes(path) : Deno.statSync(path).size;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return bytes;
}

function summarise(paths: RunFolder): RunSummary {
  const bytes = folderBytes(paths.folder);
  try {
    using store = new RunStore(paths.database, { readOnly: true });
    const { best, completed, devices, droppedDevices, failed, infeasible, preset, skipped } = searchResult(
      store,
      paths,
    );
    const config = store.get("config") as { trials: number };
    const [trial] = bestTrials(store.trials("search"), 1);
    const several = devices.length + droppedDevices.length > 1;
    return {
      run: paths.name,
      state: standingOf(store, paths.folder),
      startedAt: String(store.get("startedAt")),
      preset,
      trials: completed + failed + infeasible + skipped,
      plannedTrials: config.trials,
      bestReward: best?.reward ?? null,
      bestAccuracy: best?.accuracy ?? null,
      bestLatencyMs: best?.latencyMs ?? null,
      bestLatenciesMs: trial && several ? latenciesOn(trial, devices.map(({ device }) => device)) : null,
      bytes,
    };
  } catch (error) {
    const none = { bestReward: null, bestAccuracy: null, bestLatencyMs: null, bestLatenciesMs: null };
    const outdated = error instanceof OutdatedRunError ? outdatedFacts(paths) : undefined;
    const damaged = { state: "damaged", startedAt: "", preset: "", trials: 0, plannedTrials: 0 } as const;
    return { run: paths.name, ...(outdated ?? damaged), ...none, bytes };
  }
}

function outdatedFacts({ database }: RunFolder) {
  try {
    using store = new RunStore(database, { readOnly: true, outdated: true });
    const config = store.get("config") as { preset: string; trials: number };
    return {
      state: "outdated" as const,
      startedAt: String(store.get("startedAt")),
      preset: config.preset,
      trials: store.countFinished(),
      plannedTrials: config.trials,
    };
  } catch {
    return undefined;
  }
}

/** All runs under `dataDir`, by name. */
export function listRuns(dataDir: string): RunSummary[] {
  let names: string[];
  try {
    names = [...Deno.readDirSync(runsFolder(dataDir))].filter(({ isDirectory }) => isDirectory).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return names.sort().map((name) => summarise(runFolder(dataDir, name)));
}

/** Deletes run `name` with its files. Rejects where it does not exist, or with a RunLockedError where it is in use. */
export async function deleteRun(dataDir: string, name: string): Promise<void> {
  const { folder } = runFolder(dataDir, name);
  try {
    await Deno.stat(folder);
  } catch {
    const names = listRuns(dataDir).map(({ run }) => run);
    throw new Error(`no run "${name}" in ${dataDir}; there are: ${names.join(", ") || "none"}`);
  }
  using _lock = await lockRun(folder, name);
  await Deno.remove(folder, { recursive: true });
}

/**
 * Deletes what can be made again: prepared datasets, teachers, logits. Returns the bytes that were freed.
 * Rejects with a RunLockedError where a run is in progress, which needs them.
 */
export async function clearCache(dataDir: string): Promise<number> {
  using locks = new DisposableStack();
  for (const { run } of listRuns(dataDir)) locks.use(await lockRun(runFolder(dataDir, run).folder, run));
  const bytes = folderBytes(cacheFolder(dataDir));
  await Deno.remove(cacheFolder(dataDir), { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  return bytes;
}
