// The contract of a source: something that finds data and can read it. One source per file in sources/, rows in table.ts.
import type { DatasetContent } from "./canonical_file.ts";

/** Progress of a long step, to be shown as "label: done of total unit". */
export interface DatasetProgress {
  label: string;
  done: number;
  total: number;
  /** In the plural: "images", "MB". */
  unit: string;
}

/** What a source may use while it reads. */
export interface ReadContext {
  /** Height and width asked for; only a source of pictures of mixed sizes has to look at it. */
  imageSize: number | undefined;
  /** An existing folder for temporary files, which the source removes again. */
  scratchFolder: string;
  onProgress: (progress: DatasetProgress) => void;
  log: (line: string) => void;
  signal: AbortSignal | undefined;
}

/** Data that is there, or can be had. */
export interface FoundData {
  /** JSON-able; changes when the data may have changed. Names the cached file. */
  fingerprint: unknown;
  /** Reads and checks everything. Throws an Error of one line that names the file at fault. */
  read(context: ReadContext): Promise<DatasetContent>;
}

/** Looks for a dataset that has a name. Throws an Error of one line. */
export type NamedSource = () => FoundData | Promise<FoundData>;

/** Looks at a folder of the user's; null where this is not its kind of folder. Throws an Error of one line. */
export type FolderSource = (folder: string) => FoundData | null;

/** The data cannot be had now, through no fault of its own: no network, for instance. */
export class DataUnavailableError extends Error {
  override name = "DataUnavailableError";
}

/** A folder of the user's is no dataset, or a broken one: to be put right there, or by another name. */
export class UnusableDataError extends Error {
  override name = "UnusableDataError";
}

const leastClasses = 2;
const leastImages = 10;

/** Throws an Error naming `place` where there are fewer than 2 classes or 10 training images. */
export function checkEnough(place: string, found: { classes: number; images: number }): void {
  if (found.classes < leastClasses) {
    throw new Error(`${place}: ${found.classes} class, at least ${leastClasses} are needed`);
  }
  if (found.images < leastImages) {
    throw new Error(`${place}: ${found.images} images, at least ${leastImages} are needed`);
  }
}
