// Results on disk, a line each, written after every training: a kill costs the training that was under way.
import * as z from "zod";
import { replySchema } from "./job.ts";

const placeSchema = {
  /** Content hash of all that the result depends on. */
  key: z.string(),
  dataset: z.string(),
  pair: z.string(),
  row: z.string(),
  seed: z.int(),
  /** What code it was made with, see code.ts; the first results do without. */
  code: z.string().optional(),
};

const [, trained, , failed] = replySchema.options;

export const recordSchema = z.discriminatedUnion("type", [
  z.strictObject({ ...placeSchema, ...trained.shape }),
  z.strictObject({ ...placeSchema, ...failed.shape }),
]);

export type ResultRecord = z.infer<typeof recordSchema>;

function readLinesOf(path: string): string[] {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  const lines = text.split("\n");
  // A kill while writing leaves a line without an end, which is cut off so that the next one starts on its own.
  const torn = lines.pop() ?? "";
  if (torn !== "") {
    Deno.truncateSync(path, new TextEncoder().encode(text).length - new TextEncoder().encode(torn).length);
  }
  return lines;
}

interface Keyed {
  key: string;
  type: string;
  /** Of one that failed: see the reply. */
  own?: boolean;
}

/** Records by key; the last one of a key counts. */
export class Records<Kept extends Keyed = ResultRecord> {
  readonly #path: string;
  readonly #byKey = new Map<string, Kept>();

  /** Opens the file at `path`. Throws an Error that names the line where one does not fit `schema`. */
  constructor(path: string, schema: z.ZodType<Kept>) {
    this.#path = path;
    for (const [index, line] of readLinesOf(path).entries()) {
      let record: Kept;
      try {
        record = schema.parse(JSON.parse(line));
      } catch {
        throw new Error(`${path}, line ${index + 1}: not a result of this benchmark`);
      }
      this.#byKey.set(record.key, record);
    }
  }

  /** Whether there is nothing left to do for `key`: a failure that may have been the machine's is tried again. */
  isDone(key: string): boolean {
    const record = this.#byKey.get(key);
    return record !== undefined && (record.type !== "failed" || record.own === true);
  }

  get(key: string): Kept | undefined {
    return this.#byKey.get(key);
  }

  add(record: Kept): void {
    using file = Deno.openSync(this.#path, { append: true, create: true });
    const bytes = new TextEncoder().encode(`${JSON.stringify(record)}\n`);
    // A single write, so that a line is whole or the last one.
    file.writeSync(bytes);
    file.syncDataSync();
    this.#byKey.set(record.key, record);
  }
}
