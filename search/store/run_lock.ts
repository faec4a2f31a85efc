// One process per run: an advisory lock that the kernel frees however the holder dies.

/** The run is in use by another process. */
export class RunLockedError extends Error {
  override name = "RunLockedError";
}

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

/**
 * Locks the run in `folder` for this process until disposed.
 * Throws a RunLockedError that names the holder where another process has it.
 */
export async function lockRun(folder: string, run: string): Promise<Disposable> {
  const path = lockFile(folder);
  const file = await Deno.open(path, { read: true, write: true, create: true });
  if (!(await file.tryLock(true))) {
    file.close();
    const holder = (await Deno.readTextFile(path)).trim();
    throw new RunLockedError(
      `run "${run}" is in use by process ${holder || "unknown"}; stop it or choose another --run`,
    );
  }
  await file.truncate();
  await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  return { [Symbol.dispose]: () => file.close() };
}
