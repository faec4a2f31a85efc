// CIFAR-10 in its binary form (A. Krizhevsky 2009): records of one label byte and 3,072 pixels, one colour plane after
// the other.
import type { DatasetContent } from "../canonical_file.ts";
import type { ImageSet } from "../dataset.ts";
import { baseName, describeFiles, type FolderEntry, listFolder } from "../folder_entries.ts";
import { checkEnough, type FoundData, type ReadContext } from "../source.ts";

const side = 32;
const planeBytes = side * side;
const imageBytes = 3 * planeBytes;
const recordBytes = 1 + imageBytes;

const trainFile = /^data_batch_\d+\.bin$/;
const testFile = "test_batch.bin";

/** Everything about CIFAR-10 but its images. */
export const cifarDescription = {
  height: side,
  width: side,
  channels: 3,
  classNames: ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
  augmentation: { shift: 4, mirror: true },
};

/** A folder with data_batch_1.bin and so on, and test_batch.bin; null where there is no such batch. */
export function findCifarFolder(folder: string): FoundData | null {
  const entries = listFolder(folder);
  const trainFiles = entries.filter(({ name }) => trainFile.test(name));
  const test = entries.find(({ name }) => name === testFile);
  if (trainFiles.length === 0 && !test) return null;
  if (!test) throw new Error(`${folder}: has ${trainFiles[0].name} but no ${testFile}`);
  if (trainFiles.length === 0) throw new Error(`${folder}: has ${testFile} but no data_batch_1.bin`);
  return {
    fingerprint: ["cifar", describeFiles([...trainFiles, test])],
    read: (context) => read(folder, { trainFiles, test }, context),
  };
}

async function read(
  folder: string,
  files: { trainFiles: FolderEntry[]; test: FolderEntry },
  { onProgress, signal }: ReadContext,
): Promise<DatasetContent> {
  const batches: ImageSet[] = [];
  for (const [done, { path }] of [...files.trainFiles, files.test].entries()) {
    signal?.throwIfAborted();
    onProgress({ label: "Reading CIFAR-10", done, total: files.trainFiles.length + 1, unit: "files" });
    batches.push(parseBatch(await Deno.readFile(path), path));
  }
  const test = batches[batches.length - 1];
  const train = joinSets(batches.slice(0, -1));
  checkEnough(folder, { classes: cifarDescription.classNames.length, images: train.count });
  return { name: baseName(folder), source: `CIFAR-10 batches in ${folder}`, ...cifarDescription, train, test };
}

function parseBatch(bytes: Uint8Array, file: string): ImageSet {
  if (bytes.length === 0 || bytes.length % recordBytes !== 0) {
    throw new Error(`${file}: ${bytes.length} bytes, expected a multiple of ${recordBytes}`);
  }
  const count = bytes.length / recordBytes;
  const labels = Uint16Array.from({ length: count }, (_, index) => bytes[index * recordBytes]);
  checkCifarLabels(labels, file);
  const images = new Uint8Array(count * imageBytes);
  for (let index = 0; index < count; index++) {
    const source = index * recordBytes + 1;
    const target = index * imageBytes;
    for (let pixel = 0; pixel < planeBytes; pixel++) {
      for (let channel = 0; channel < 3; channel++) {
        images[target + pixel * 3 + channel] = bytes[source + channel * planeBytes + pixel];
      }
    }
  }
  return { count, images, labels };
}

/** Throws an Error naming `file` where a label is none of CIFAR-10's. */
export function checkCifarLabels(labels: ArrayLike<number>, file: string): void {
  const classes = cifarDescription.classNames.length;
  for (let index = 0; index < labels.length; index++) {
    if (labels[index] < classes) continue;
    throw new Error(
      `${file}: label ${labels[index]} of image ${index} is out of range, allowed are 0 to ${classes - 1}`,
    );
  }
}

/** One set out of several, in order. */
export function joinSets(sets: ImageSet[]): ImageSet {
  const count = sets.reduce((sum, set) => sum + set.count, 0);
  const images = new Uint8Array(sets.reduce((sum, set) => sum + set.images.length, 0));
  const labels = new Uint16Array(count);
  let imagesEnd = 0;
  let labelsEnd = 0;
  for (const set of sets) {
    images.set(set.images, imagesEnd);
    labels.set(set.labels, labelsEnd);
    imagesEnd += set.images.length;
    labelsEnd += set.count;
  }
  return { count, images, labels };
}
