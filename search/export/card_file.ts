// The card as a file: with hashes of itself and of the files beside it, by which it is seen whether they were changed.
import { createHash } from "node:crypto";
import * as z from "zod";
import { contentHash } from "../../src/schemas/architecture.ts";

/** The files of every export, beside those of its formats. */
export const exportFiles = { card: "card.json", text: "README.md", page: "index.html" } as const;

const cardFileSchema = z.looseObject({
  format: z.literal("nacre-card"),
  /** SHA-256 in hexadecimal by path; that of the card itself is of all else in it, as canonical JSON. */
  sha256: z.record(z.string(), z.string()),
});

export type CardFile<Card extends object> = Card & Pick<z.infer<typeof cardFileSchema>, "sha256">;

async function fileHash(path: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(path)).digest("hex");
}

/** `card` with the hashes of `files`, paths in `folder`, and of itself. */
export async function cardFileOf<Card extends object>(
  card: Card,
  { files, folder }: { files: readonly string[]; folder: string },
): Promise<CardFile<Card>> {
  const hashes = await Promise.all(files.map(async (file) => [file, await fileHash(`${folder}/${file}`)] as const));
  const sha256 = Object.fromEntries(hashes);
  return { ...card, sha256: { ...sha256, [exportFiles.card]: contentHash({ ...card, sha256 }) } };
}

/** An export as its card describes it. */
export interface ExportedFiles {
  /** What it wrote. */
  paths: ReadonlySet<string>;
  /** The first file that is no longer as it was written; one that is gone does not count. */
  changed: string | undefined;
}

/** What an export whose card is in `folder` wrote there; undefined where the card is none of an export's. */
export async function exportedFiles(folder: string): Promise<ExportedFiles | undefined> {
  let card: z.infer<typeof cardFileSchema>;
  try {
    card = cardFileSchema.parse(JSON.parse(await Deno.readTextFile(`${folder}/${exportFiles.card}`)));
  } catch {
    return undefined;
  }
  const { [exportFiles.card]: own, ...sha256 } = card.sha256;
  const paths = new Set(Object.keys(card.sha256));
  if (own !== contentHash({ ...card, sha256 })) return { paths, changed: exportFiles.card };
  for (const [path, expected] of Object.entries(sha256)) {
    // What cannot be read, a folder for instance, is not what was written.
    const hash = await fileHash(`${folder}/${path}`)
      .catch((error) => error instanceof Deno.errors.NotFound ? expected : undefined);
    if (hash !== expected) return { paths, changed: path };
  }
  return { paths, changed: undefined };
}
