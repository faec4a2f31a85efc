// One comparison per folder: two would train the same things, and tear each other's lines.

/**
 * Locks `folder`, which is made where there is none, for this process until disposed; the kernel frees it however the
 * process dies. Throws an Error that names the holder where another one has it.
 */
export async function lockFolder(folder: string): Promise<Disposable> {
  await Deno.mkdir(folder, { recursive: true });
  const path = `${folder}/lock`;
  const file = await Deno.open(path, { read: true, write: true, create: true });
  if (!(await file.tryLock(true))) {
    file.close();
    const holder = (await Deno.readTextFile(path)).trim() || "unknown";
    throw new Error(`${folder} is in use by process ${holder}: wait for it, or choose another --folder`);
  }
  await file.truncate();
  await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  return { [Symbol.dispose]: () => file.close() };
}
