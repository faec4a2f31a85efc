// One process per run: an advisory lock that the kernel frees however the holder dies.

/** The run is in use by another process. */
export class RunLockedError extends Error {
  override name = "RunLockedError";
}

/**
 * Locks the run in `folder` for this process until disposed.
 * Throws a RunLockedError that names the holder where another process has it.
 */
export async function lockRun(folder: string, run: string): Promise<Disposable> {
  const path = `${folder}/run.lock`;
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
