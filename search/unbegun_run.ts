// What a call leaves of a run that it could not begin, for its options or a full disk: nothing, so that the next one can
// have its name.
import type { RunFolder } from "./run_folder.ts";
import { RunStore } from "./store/run_store.ts";

/** Makes `folder`, and those around it; whether it was not there. */
export async function makeFolder(folder: string): Promise<boolean> {
  try {
    await Deno.mkdir(folder.slice(0, folder.lastIndexOf("/")), { recursive: true });
    await Deno.mkdir(folder);
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return false;
  }
}

/** Removes `folder`, which this call made, where there is at most a lock file in it. */
export async function removeEmptyFolder(folder: string): Promise<void> {
  const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  // Another process may have begun the run in it by now.
  if (names.every((name) => name === "run.lock")) await Deno.remove(folder, { recursive: true });
}

/** Removes the run in `paths` as `removeRun` does, unless trials of it are stored. */
export async function removeUnbegunRun(paths: RunFolder, options: { isOwnFolder: boolean }): Promise<void> {
  if (!hasTrials(paths)) await removeRun(paths, options);
}

/**
 * Removes the run in `paths`, of which no store may be open: its whole folder where `isOwnFolder`, else what makes it a
 * run.
 */
export async function removeRun(paths: RunFolder, { isOwnFolder }: { isOwnFolder: boolean }): Promise<void> {
  if (isOwnFolder) return await Deno.remove(paths.folder, { recursive: true });
  for (const path of [paths.database, `${paths.database}-wal`, `${paths.database}-shm`]) {
    await Deno.remove(path).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
  }
}

function hasTrials({ database }: RunFolder): boolean {
  using store = new RunStore(database, { readOnly: true });
  return store.trials("baseline").length + store.trials("search").length > 0;
}
