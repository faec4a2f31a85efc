// One process per run: an advisory lock that the kernel frees however the holder dies.

/** The run is in use by another process. */
export class RunLockedError extends Error {
  override name = "RunLockedError";
}

/** Tries after the first: a look by `isLocked` holds the lock too, for a moment, and is no process's use of the run. */
const lockTries = 5;
const lockPauseMs = 20;

function lockFile(folder: string): string {
  return `${folder}/run.lock`;
}

/** Whether a process has the run in `folder` locked at this moment. Nothing is written. */
export function isLocked(folder: string): boolean {
  let file: Deno.FsFile;
  try {
    file = Deno.openSync(lockFile(folder), { read: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
  using probe = file;
  // A shared lock: others that look at the same time do not take one another for a run.
  return !probe.tryLockSync(false);
}

/** Locks `file` for this process alone; false where another holds it. */
async function tryLock(file: Deno.FsFile): Promise<boolean> {
  for (let triesLeft = lockTries;; triesLeft--) {
    if (await file.tryLock(true)) return true;
    if (triesLeft === 0) return false;
    await new Promise((resolve) => setTimeout(resolve, lockPauseMs));
  }
}

/**
 * Locks the run in `folder` for this process until disposed. Where nothing can be written, as on a disk mounted for
 * reading, a run without a lock file is nobody's: it is only read here too.
 * Throws a RunLockedError that names the holder where another process has it, and an Error that names the file where the
 * disk is full.
 */
export async function lockRun(folder: string, run: string): Promise<Disposable> {
  const path = lockFile(folder);
  const opened = await openLock(path);
  if (opened === undefined) return { [Symbol.dispose]() {} };
  const { file, isWritable } = opened;
  try {
    if (!(await tryLock(file))) {
      const holder = (await Deno.readTextFile(path)).trim();
      throw new RunLockedError(
        `run "${run}" is in use by process ${holder || "unknown"}; stop it or choose another --run`,
      );
    }
    if (isWritable) await writeHolder(file, path);
  } catch (error) {
    // Else this process would hold it until it ends, without a use for it.
    file.close();
    throw error;
  }
  return { [Symbol.dispose]: () => file.close() };
}

/** The lock file at `path`, made where missing; for reading where it cannot be written, undefined without one then. */
async function openLock(path: string): Promise<{ file: Deno.FsFile; isWritable: boolean } | undefined> {
  try {
    return { file: await Deno.open(path, { read: true, write: true, create: true }), isWritable: true };
  } catch (error) {
    if (!isWriteProtected(error)) throw error;
  }
  try {
    return { file: await Deno.open(path, { read: true }), isWritable: false };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return undefined;
  }
}

function isWriteProtected(error: unknown): boolean {
  return error instanceof Deno.errors.PermissionDenied ||
    (error instanceof Error && "code" in error && error.code === "EROFS");
}

/** Writes into the lock file whose it is. */
async function writeHolder(file: Deno.FsFile, path: string): Promise<void> {
  try {
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  } catch (error) {
    throw new Error(`cannot write ${path}: ${(error as Error).message}`, { cause: error });
  }
}
