// A folder of IDX files named as MNIST's are, with dots or dashes, plain or gzipped.
import type { DatasetContent } from "../canonical_file.ts";
import { baseName, describeFiles, type FolderEntry, listFolder } from "../folder_entries.ts";
import { parseIdxPair, readPlainOrGzip, type ShapedSet } from "../idx.ts";
import { checkEnough, type FoundData, type ReadContext } from "../source.ts";
import { splitOffTest } from "../split.ts";

const fileName =
  /^(train|t10k|test)[-.](images)[-.]idx[34][-.]ubyte(\.gz)?$|^(train|t10k|test)[-.](labels)[-.]idx1[-.]ubyte(\.gz)?$/;

interface IdxPair {
  images: FolderEntry;
  labels: FolderEntry;
}

/** Files like train-images-idx3-ubyte.gz; null where there is none. A t10k or test pair may be there or not. */
export function findIdxFolder(folder: string): FoundData | null {
  const entries = listFolder(folder).filter(({ name }) => fileName.test(name));
  if (entries.length === 0) return null;
  const train = findPair(entries, /^train/);
  const test = findPair(entries, /^(t10k|test)/);
  if (!train) throw new Error(`${folder}: has ${entries[0].name} but no train-images-idx3-ubyte`);
  const files = [train, test].flatMap((pair) => pair ? [pair.images, pair.labels] : []);
  return {
    fingerprint: ["idx", describeFiles(files)],
    read: (context) => read(folder, train, test, context),
  };
}

/** Images and labels of one part; of a plain and a gzipped file the plain one, which sorts first. */
function findPair(entries: FolderEntry[], part: RegExp): IdxPair | null {
  const ofPart = entries.filter(({ name }) => part.test(name));
  const images = ofPart.find(({ name }) => name.includes("images"));
  const labels = ofPart.find(({ name }) => name.includes("labels"));
  if (images && labels) return { images, labels };
  const lone = images ?? labels;
  if (lone) throw new Error(`${lone.path}: has no ${images ? "labels" : "images"} beside it`);
  return null;
}

async function read(
  folder: string,
  trainFiles: IdxPair,
  testFiles: IdxPair | null,
  { onProgress, signal }: ReadContext,
): Promise<DatasetContent> {
  const total = testFiles ? 2 : 1;
  const readPair = async ({ images, labels }: IdxPair, done: number) => {
    signal?.throwIfAborted();
    onProgress({ label: `Reading ${baseName(folder)}`, done, total, unit: "parts" });
    return parseIdxPair(await readPlainOrGzip(images.path), await readPlainOrGzip(labels.path));
  };
  const train = await readPair(trainFiles, 0);
  const test = testFiles && await readPair(testFiles, 1);

  const classes = 1 + train.labels.reduce((largest, label) => Math.max(largest, label), 0);
  checkEnough(folder, { classes: new Set(train.labels).size, images: train.count });
  if (testFiles && test) checkTest(train, test, testFiles, classes);
  return {
    name: baseName(folder),
    source: `IDX files in ${folder}${test ? "" : ", a fifth of the images for testing"}`,
    height: train.height,
    width: train.width,
    channels: train.channels,
    classNames: Array.from({ length: classes }, (_, label) => String(label)),
    augmentation: { shift: Math.round(train.height / 14), mirror: train.channels > 1 },
    ...(test ? { train: imageSet(train), test: imageSet(test) } : splitOffTest(train)),
  };
}

function checkTest(train: ShapedSet, test: ShapedSet, files: IdxPair, classes: number): void {
  const [trainShape, testShape] = [train, test].map((set) => `${set.height} x ${set.width} x ${set.channels}`);
  if (trainShape !== testShape) {
    throw new Error(`${files.images.path}: images of ${testShape}, but those for training are ${trainShape}`);
  }
  const outside = test.labels.find((label) => label >= classes);
  if (outside !== undefined) {
    throw new Error(`${files.labels.path}: label ${outside} is out of range, training has 0 to ${classes - 1}`);
  }
}

function imageSet({ count, images, labels }: ShapedSet) {
  return { count, images, labels };
}
