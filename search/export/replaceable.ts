// Which folders an export may replace: empty ones, and earlier exports that nobody put anything into.
import * as z from "zod";
import { UsageError } from "../../src/cli/usage_error.ts";
import { exportFormatSchema } from "../../src/schemas/export_options.ts";

/** The files of every export, beside those of its formats. */
export const exportFiles = { card: "card.json", text: "README.md", page: "index.html" } as const;

/** What a card says of the files beside it. */
const cardSchema = z.object({
  format: z.literal("nacre-card"),
  formats: z.array(z.object({ format: exportFormatSchema, files: z.array(z.string()).default([]) })),
});

/** Paths in `folder`, of folders too, in no order; links are not followed. */
async function pathsIn(folder: string, before = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { isDirectory, name } of Deno.readDir(folder)) {
    const path = `${before}${name}`;
    paths.push(path);
    if (isDirectory) paths.push(...await pathsIn(`${folder}/${name}`, `${path}/`));
  }
  return paths;
}

/** What an export whose card is in `folder` wrote there; undefined where the card is none of an export's. */
async function exportedPaths(folder: string): Promise<Set<string> | undefined> {
  try {
    const card = cardSchema.parse(JSON.parse(await Deno.readTextFile(`${folder}/${exportFiles.card}`)));
    const files = card.formats.flatMap(({ format, files }) => [
      format,
      ...files.filter((file) => file.startsWith(`${format}/`)),
    ]);
    return new Set([...Object.values(exportFiles), ...files]);
  } catch {
    return undefined;
  }
}

/** UsageError where `folder` holds anything that no earlier export wrote, or the working directory. */
export async function requireReplaceable(folder: string): Promise<void> {
  let names: string[];
  try {
    names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
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
  const exported = await exportedPaths(folder);
  if (!exported) throw new UsageError(`--out ${folder} holds other files, for instance ${names[0]}; ${allowed}`);
  const other = (await pathsIn(folder)).find((path) => !exported.has(path));
  if (other !== undefined) {
    throw new UsageError(`--out ${folder} also holds ${other}, which no export wrote; ${allowed}`);
  }
}
