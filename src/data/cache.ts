// Converted datasets on disk: every source is read once, then only its canonical file.
import { contentHash } from "../schemas/architecture.ts";
import { type DatasetContent, decodeDataset, encodeDataset, formatVersion, openDataset } from "./canonical_file.ts";
import type { Dataset, ImageSet } from "./dataset.ts";
import { type ImageShape, resizeByArea } from "./resize.ts";
import type { FoundData, ReadContext } from "./source.ts";
import { writeWhole } from "./write_whole.ts";

const nameHashLength = 16;
// Nothing is being written for so long: what is older was left by a process that died.
const staleAfterMs = 3 * 60 * 60_000;

/** The file of `found` in `folder`, converted first where it is not there or damaged. Throws an Error of one line. */
export async function openOrConvert(
  name: string,
  found: FoundData,
  folder: string,
  context: Omit<ReadContext, "scratchFolder">,
): Promise<{ file: string; dataset: Dataset }> {
  const { imageSize = null, log, signal } = context;
  const key = contentHash({ formatVersion, fingerprint: found.fingerprint, imageSize }).slice(0, nameHashLength);
  const file = `${folder}/${name.replaceAll(/[^\w.-]+/g, "_")}-${key}.dataset`;
  signal?.throwIfAborted();
  try {
    return { file, dataset: await openDataset(file) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) log(`${(error as Error).message}; it is made again`);
  }

  await makeFolder(folder);
  await removeStaleParts(folder);
  const content = await found.read({ ...context, scratchFolder: folder });
  signal?.throwIfAborted();
  const bytes = encodeDataset(imageSize === null ? content : resizeContent(content, imageSize));
  await writeWhole(file, bytes);
  return { file, dataset: decodeDataset(bytes, file) };
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true });
  } catch (error) {
    throw new Error(`cannot make the folder ${folder}: ${(error as Error).message}`);
  }
}

async function removeStaleParts(folder: string): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.startsWith(".") || !name.endsWith(".part")) continue;
    const path = `${folder}/${name}`;
    try {
      const { mtime } = await Deno.stat(path);
      if (mtime && Date.now() - mtime.getTime() > staleAfterMs) await Deno.remove(path, { recursive: true });
    } catch (error) {
      // Another process may have finished or cleaned up meanwhile.
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function resizeContent(content: DatasetContent, size: number): DatasetContent {
  if (content.height === size && content.width === size) return content;
  return {
    ...content,
    height: size,
    width: size,
    train: resizeSet(content.train, content, size),
    test: resizeSet(content.test, content, size),
  };
}

function resizeSet(set: ImageSet, shape: ImageShape, size: number): ImageSet {
  const sourceBytes = shape.height * shape.width * shape.channels;
  const targetBytes = size * size * shape.channels;
  const images = new Uint8Array(set.count * targetBytes);
  for (let index = 0; index < set.count; index++) {
    const image = set.images.subarray(index * sourceBytes, (index + 1) * sourceBytes);
    images.set(resizeByArea(image, shape, size), index * targetBytes);
  }
  return { ...set, images };
}
