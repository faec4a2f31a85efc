// A folder that appears whole or not at all: written beside its place, then put there.
import { UsageError } from "../../src/cli/usage_error.ts";

/** Says that a folder is an export, which a later one may replace. */
const cardFile = "card.json";

async function entriesOf(folder: string): Promise<string[] | undefined> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new UsageError(`--out ${folder} cannot be written: ${(error as Error).message}`);
  }
}

/** UsageError where `folder` holds anything that is no earlier export. */
export async function requireReplaceable(folder: string): Promise<void> {
  const entries = await entriesOf(folder);
  if (!entries) return;
  if (await Deno.realPath(folder) === await Deno.realPath(Deno.cwd())) {
    throw new UsageError(
      `--out ${folder} is the folder that this command runs in; allowed: a new or empty one elsewhere`,
    );
  }
  if (entries.length === 0 || entries.includes(cardFile)) return;
  throw new UsageError(`--out ${folder} holds other files, for instance ${entries[0]}; allowed: a new or empty folder`);
}

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

/**
 * Calls `write` with a new folder, and makes that the folder `place` where it succeeds; an earlier export there goes. Where
 * `write` throws, nothing is left of it and `place` is as it was.
 */
export async function writeWholeFolder<Result>(
  place: string,
  write: (folder: string) => Promise<Result>,
): Promise<Result> {
  const trimmed = place.replace(/(?<=.)\/+$/, "");
  const slash = trimmed.lastIndexOf("/");
  const parent = slash < 0 ? "." : trimmed.slice(0, slash) || "/";
  let made: string;
  try {
    await Deno.mkdir(parent, { recursive: true });
    made = await Deno.makeTempDir({ dir: parent, prefix: ".nacre-export-", suffix: ".part" });
  } catch (error) {
    throw new UsageError(`--out ${place} cannot be written: ${(error as Error).message}`);
  }
  try {
    const result = await write(made);
    await makeReadable(made);
    // Asked again: what came there meanwhile is not ours to remove.
    await requireReplaceable(trimmed);
    await Deno.remove(trimmed, { recursive: true }).catch((error) => {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    });
    await Deno.rename(made, trimmed);
    return result;
  } catch (error) {
    await Deno.remove(made, { recursive: true }).catch(() => {});
    throw error;
  }
}
