// All datasets by name, and what else a name may be.
import { openOrConvert } from "./cache.ts";
import type { Dataset } from "./dataset.ts";
import { baseName } from "./folder_entries.ts";
import {
  type DatasetProgress,
  DataUnavailableError,
  type FolderSource,
  type FoundData,
  type NamedSource,
  UnusableDataError,
} from "./source.ts";
import { findCifar10 } from "./sources/cifar10.ts";
import { findCifarFolder } from "./sources/cifar_folder.ts";
import { findFashionMnist } from "./sources/fashion_mnist.ts";
import { findIdxFolder } from "./sources/idx_folder.ts";
import { findImageFolder } from "./sources/image_folder.ts";
import { findMnist } from "./sources/mnist.ts";

/** Datasets that have a name of their own. */
export const namedSources = {
  "mnist": () => findMnist(),
  "fashion-mnist": () => findFashionMnist(),
  "cifar10": () => findCifar10(),
} as const satisfies Record<string, NamedSource>;

export type DatasetName = keyof typeof namedSources;

/** Kinds of folders, each asked in turn. */
const folderSources: FolderSource[] = [findCifarFolder, findIdxFolder, findImageFolder];

export interface PrepareOptions {
  cacheDir: string;
  /** Height and width that images are resized to; their own where not given (32 for a folder of mixed sizes). */
  imageSize?: number;
  onProgress?: (progress: DatasetProgress) => void;
  /** Takes lines for people; standard error by default. */
  log?: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * A dataset by name ("mnist", "fashion-mnist", "cifar10", "auto") or path of a folder, with the canonical file in
 * `cacheDir` that other processes open. "auto" is Fashion-MNIST where it can be had, else MNIST. Throws an Error of one
 * line that names the file at fault, an UnusableDataError where `name` is no dataset or its folder cannot be read as one;
 * nothing half-written stays behind. `sources` stands in for the table.
 */
export async function prepareDataset(
  name: string,
  options: PrepareOptions,
  sources: Record<DatasetName, NamedSource> = namedSources,
): Promise<{ file: string; dataset: Dataset }> {
  if (name === "auto") return await prepareAny(options, sources);
  return isName(name)
    ? await convert(name, await sources[name](), options)
    : await convert(baseName(name), findUsersFolder(name), options);
}

async function prepareAny(
  options: PrepareOptions,
  sources: Record<DatasetName, NamedSource>,
): Promise<{ file: string; dataset: Dataset }> {
  const log = options.log ?? console.error;
  try {
    const prepared = await prepareDataset("fashion-mnist", options, sources);
    log(`Dataset auto: Fashion-MNIST, from ${prepared.dataset.source}.`);
    return prepared;
  } catch (error) {
    if (!(error instanceof DataUnavailableError)) throw error;
    log(`Dataset auto: MNIST, since ${error.message}`);
    return await prepareDataset("mnist", options, sources);
  }
}

function convert(
  name: string,
  found: FoundData,
  options: PrepareOptions,
): Promise<{ file: string; dataset: Dataset }> {
  return openOrConvert(name, found, `${options.cacheDir}/datasets`, {
    imageSize: options.imageSize,
    onProgress: options.onProgress ?? (() => {}),
    log: options.log ?? console.error,
    signal: options.signal,
  });
}

function isName(name: string): name is DatasetName {
  return Object.hasOwn(namedSources, name);
}

/** What sources say of a folder is the user's to put right; what the system says, such as a failing disk, is not. */
function asUnusable(error: unknown): unknown {
  const isOfSource = error instanceof Error && error.name === "Error" && !("code" in error);
  return isOfSource ? new UnusableDataError(error.message, { cause: error }) : error;
}

function findUsersFolder(name: string): FoundData {
  try {
    const found = findFolder(name);
    return {
      ...found,
      read: (context) =>
        found.read(context).catch((error) => {
          // An abort's reason may look like a word of the source's.
          context.signal?.throwIfAborted();
          throw asUnusable(error);
        }),
    };
  } catch (error) {
    throw asUnusable(error);
  }
}

function findFolder(name: string): FoundData {
  const folder = realFolder(name);
  for (const find of folderSources) {
    const found = find(folder);
    if (found) return found;
  }
  throw new Error(
    `${folder}: no dataset in this folder; it needs train-images-idx3-ubyte[.gz] and so on, data_batch_1.bin and so on, ` +
      "or one sub-folder of PNG or JPEG files per class",
  );
}

function realFolder(name: string): string {
  try {
    if (Deno.statSync(name).isDirectory) return Deno.realPathSync(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new Error(
    `dataset "${name}" is neither a folder nor known; allowed are auto, ${Object.keys(namedSources).join(", ")} ` +
      "and the path of a folder",
  );
}
