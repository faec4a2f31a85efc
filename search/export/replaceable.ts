// Which folders an export may replace: empty ones, and earlier exports that nobody changed or put anything into.
import { UsageError } from "../../src/cli/usage_error.ts";
import { exportedFiles } from "./card_file.ts";

/** What systems that show folders leave in them, unasked. */
const systemFiles: ReadonlySet<string> = new Set([".DS_Store", "Thumbs.db", "desktop.ini"]);

/** What is in `folder` itself but for `systemFiles`. */
async function entriesOf(folder: string): Promise<Deno.DirEntry[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.filter(({ isFile, name }) => !(isFile && systemFiles.has(name)));
}

/** Paths below `folder` but for `systemFiles`, of folders too, in no order; links are not followed. */
async function pathsIn(folder: string, before = ""): Promise<string[]> {
  const paths: string[] = [];
  for (const { isDirectory, name } of await entriesOf(folder)) {
    const path = `${before}${name}`;
    paths.push(path);
    if (isDirectory) paths.push(...await pathsIn(`${folder}/${name}`, `${path}/`));
  }
  return paths;
}

/** UsageError where `folder` holds anything that no earlier export wrote as it is, or the working directory. */
export async function requireReplaceable(folder: string): Promise<void> {
  let names: string[];
  try {
    names = (await entriesOf(folder)).map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new UsageError(`--out ${folder} cannot be written: ${(error as Error).message}`);
  }
  const real = await Deno.realPath(folder);
  if (`${await Deno.realPath(Deno.cwd())}/`.startsWith(real === "/" ? real : `${real}/`)) {
    const which = "the folder that this command runs in, or one around it";
    throw new UsageError(`--out ${folder} is ${which}; allowed: a new or empty one elsewhere`);
  }
  if (names.length === 0) return;
  const allowed = "allowed: a new or empty folder, or an earlier export as it was written";
  const exported = await exportedFiles(folder);
  if (!exported) throw new UsageError(`--out ${folder} holds other files, for instance ${names[0]}; ${allowed}`);
  const written = [...exported.paths];
  const other = (await pathsIn(folder)).find((path) =>
    !written.some((one) => one === path || one.startsWith(`${path}/`))
  );
  if (other !== undefined) {
    throw new UsageError(`--out ${folder} also holds ${other}, which no export wrote; ${allowed}`);
  }
  if (exported.changed !== undefined) {
    throw new UsageError(`--out ${folder}: ${exported.changed} was changed after the export; ${allowed}`);
  }
}
