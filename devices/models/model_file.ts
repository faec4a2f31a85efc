// Files of models: identified by their content's hash, read piece by piece.
import { createHash } from "node:crypto";
import type { ModelFile } from "../../src/schemas/measurement.ts";

/** A file of a model, and where it lies on this machine. */
export interface FoundFile {
  file: ModelFile;
  absolutePath: string;
}

/** Hashes the file at `absolutePath`, never holding more than a piece of it. Error that names it if it cannot be read. */
export async function findModelFile(path: string, absolutePath: string): Promise<FoundFile> {
  const hash = createHash("sha256");
  let bytes = 0;
  try {
    using file = await Deno.open(absolutePath);
    const piece = new Uint8Array(1 << 20);
    for (let length = await file.read(piece); length !== null; length = await file.read(piece)) {
      hash.update(piece.subarray(0, length));
      bytes += length;
    }
  } catch (error) {
    throw new Error(`cannot read ${absolutePath}: ${(error as Error).message}`);
  }
  if (bytes === 0) throw new Error(`${absolutePath} is empty`);
  return { file: { path, sha256: hash.digest("hex"), bytes }, absolutePath };
}

/** The bytes of the file that has `sha256`, checked against it. Error where there is none or its content has changed. */
export async function readModelFile(
  sha256: string,
  files: ReadonlyMap<string, string>,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = files.get(sha256);
  if (path === undefined) throw new Error(`no file of this model has the hash ${sha256}`);
  const bytes = await Deno.readFile(path);
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) throw new Error(`${path} has changed since it was first read`);
  return bytes;
}
