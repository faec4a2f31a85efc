// A folder that appears whole or not at all: written beside its place, then put there.
import { UsageError } from "../../src/cli/usage_error.ts";
import { requireReplaceable } from "./replaceable.ts";

// Beside the place of the export, while it is made. Within: `lock`, held by the maker; `new`; and `old`, which holds the
// earlier export under its own name until the new one is in its place.
const [prefix, suffix] = [".nacre-export-", ".part"];

/** Temporary files are their maker's alone; what is exported is for others, as far as the user lets others read. */
async function makeReadable(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const mask = Deno.umask();
  await Deno.chmod(folder, 0o777 & ~mask);
  for await (const { isDirectory, name } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    await (isDirectory ? makeReadable(path) : Deno.chmod(path, 0o666 & ~mask));
  }
}

/** Undefined where nothing is there. */
async function unlessMissing<Result>(doing: Promise<Result>): Promise<Result | undefined> {
  try {
    return await doing;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Removes `workshop`; what it keeps of an earlier export goes back to where it was, unless a new one is there. */
async function discard(workshop: string, parent: string): Promise<void> {
  const kept = await unlessMissing(Array.fromAsync(Deno.readDir(`${workshop}/old`))) ?? [];
  for (const { name } of kept) {
    if (!await unlessMissing(Deno.lstat(`${parent}/${name}`))) {
      await Deno.rename(`${workshop}/old/${name}`, `${parent}/${name}`);
    }
  }
  await Deno.remove(workshop, { recursive: true });
}

/** Removes what killed exports left in `parent`; where one was killed amid the exchange, the earlier export comes back. */
async function clearLeftovers(parent: string): Promise<void> {
  const names = (await Array.fromAsync(Deno.readDir(parent))).map(({ name }) => name);
  for (const name of names.filter((name) => name.startsWith(prefix) && name.endsWith(suffix))) {
    const workshop = `${parent}/${name}`;
    using lock = await unlessMissing(Deno.open(`${workshop}/lock`, { write: true }));
    // The kernel frees the lock of a process that died. One that has just begun may have none yet.
    if (!lock || !await lock.tryLock(true)) continue;
    // Another process may do the same at this moment; what cannot be removed is no reason not to export.
    await discard(workshop, parent).catch(() => {});
  }
}

/** Existing links are followed: the folder that a link leads to is exchanged, not the link. */
async function parted(place: string): Promise<{ parent: string; name: string }> {
  const path = await unlessMissing(Deno.realPath(place)) ?? place.replace(/(?<=.)\/+$/, "");
  const slash = path.lastIndexOf("/");
  return { parent: slash < 0 ? "." : path.slice(0, slash) || "/", name: path.slice(slash + 1) };
}

/**
 * Calls `write` with a new folder, and makes that the folder `place` where it succeeds; an earlier export there goes. Where
 * `write` throws, nothing is left of it and `place` is as it was. A process that is killed loses neither the earlier export
 * nor, for longer than until the next export into the same parent, any room.
 */
export async function writeWholeFolder<Result>(
  place: string,
  write: (folder: string) => Promise<Result>,
): Promise<Result> {
  const { parent, name } = await parted(place);
  const target = `${parent}/${name}`;
  let workshop: string;
  let lock: Deno.FsFile;
  try {
    await Deno.mkdir(parent, { recursive: true });
    await clearLeftovers(parent);
    workshop = await Deno.makeTempDir({ dir: parent, prefix, suffix });
    lock = await Deno.open(`${workshop}/lock`, { write: true, create: true });
    await lock.tryLock(true);
    await Deno.mkdir(`${workshop}/old`);
    await Deno.mkdir(`${workshop}/new`);
  } catch (error) {
    throw new UsageError(`--out ${place} cannot be written: ${(error as Error).message}`);
  }
  try {
    const result = await write(`${workshop}/new`);
    await makeReadable(`${workshop}/new`);
    // Asked again: what came there meanwhile is not ours to remove.
    await requireReplaceable(target);
    await unlessMissing(Deno.rename(target, `${workshop}/old/${name}`));
    await Deno.rename(`${workshop}/new`, target);
    return result;
  } finally {
    lock.close();
    await discard(workshop, parent).catch(() => {});
  }
}
