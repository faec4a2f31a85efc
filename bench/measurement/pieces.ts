// A full run takes half an hour, so what was measured is kept piece by piece, and a run that ended early goes on.
import * as z from "zod";

const fileSchema = z.record(z.string(), z.array(z.unknown()));

export interface Pieces {
  /** The first `count` pieces of the row `key`; those that are not there yet are made, and kept at once. */
  collect<Piece>(key: string, count: number, make: (index: number) => Promise<Piece>): Promise<Piece[]>;
}

/** Pieces kept in the file at `path`; `fresh`: without those that are there already. */
export function openPieces(path: string, { fresh, log }: { fresh: boolean; log: (line: string) => void }): Pieces {
  const pieces = fresh ? {} : read(path);
  return {
    async collect<Piece>(key: string, count: number, make: (index: number) => Promise<Piece>) {
      const kept = pieces[key] ??= [];
      while (kept.length < count) {
        log(`${key}: ${kept.length + 1} of ${count}`);
        kept.push(await make(kept.length));
        Deno.writeTextFileSync(`${path}.new`, JSON.stringify(pieces));
        Deno.renameSync(`${path}.new`, path);
      }
      // Only this row's own `make` fills its key.
      return kept.slice(0, count) as Piece[];
    },
  };
}

function read(path: string): Record<string, unknown[]> {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
  return fileSchema.parse(JSON.parse(text));
}
