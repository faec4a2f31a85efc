// What a wrong call leaves of a run: nothing, so that the corrected one can have its name.
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

/**
 * Removes the run in `paths`, of which no store may be open, unless trials of it are stored: its whole folder where
 * `isOwnFolder`, else what makes it a run.
 */
export async function removeUnbegunRun(paths: RunFolder, { isOwnFolder }: { isOwnFolder: boolean }): Promise<void> {
  if (hasTrials(paths)) return;
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
