// A folder of pictures: one sub-folder of PNG or JPEG files per class, optionally below train/ and test/ (or val/).
import type { DatasetContent } from "../canonical_file.ts";
import type { ImageSet } from "../dataset.ts";
import { decodeImage, type RgbImage } from "../decode_image.ts";
import { baseName, describeFiles, type FolderEntry, listFolder } from "../folder_entries.ts";
import { resizeByArea } from "../resize.ts";
import { checkEnough, type FoundData, type ReadContext } from "../source.ts";
import { splitOffTest } from "../split.ts";

const pictureName = /\.(png|jpe?g)$/i;
const testFolders = ["test", "val", "validation"];

const defaultSize = 32;
const largestOwnSize = 64;
const largestBytes = 2 ** 31;

/** A picture and the name of its class. */
interface Picture {
  file: FolderEntry;
  className: string;
}

interface PictureFolder {
  train: Picture[];
  /** Null: part of the training pictures is held out. */
  test: Picture[] | null;
  /** Sentences about what is left out, for the log. */
  notes: string[];
}

/** Sub-folders of pictures; null where there is no picture in any. */
export function findImageFolder(folder: string): FoundData | null {
  const found = scan(folder);
  if (!found) return null;
  const { train, test } = found;
  return {
    fingerprint: ["images", describeFiles([...train, ...test ?? []].map(({ file }) => file))],
    read: (context) => read(folder, found, context),
  };
}

function scan(folder: string): PictureFolder | null {
  const parts = listFolder(folder).filter(({ isDirectory }) => isDirectory);
  const trainFolder = parts.find(({ name }) => name === "train");
  const notes: string[] = [];
  if (!trainFolder) {
    const train = scanClasses(folder, notes);
    return train && { train, test: null, notes };
  }
  const train = scanClasses(trainFolder.path, notes);
  const [testFolder, ...unused] = testFolders.flatMap((name) => parts.filter((part) => part.name === name));
  const test = testFolder ? scanClasses(testFolder.path, notes) : null;
  if (!train) throw new Error(`${trainFolder.path}: no sub-folder with PNG or JPEG files`);
  if (testFolder && !test) throw new Error(`${testFolder.path}: no sub-folder with PNG or JPEG files`);

  const classNames = new Set(train.map(({ className }) => className));
  const stranger = test?.find(({ className }) => !classNames.has(className));
  if (stranger) throw new Error(`${stranger.file.path}: its class is not in ${trainFolder.path}`);
  for (const part of unused) notes.push(`${part.path} is not used, since ${testFolder.path} is the test part`);
  return { train, test, notes };
}

/** The pictures of all classes in `folder`; null where there is none. Throws an Error naming a class without one. */
function scanClasses(folder: string, notes: string[]): Picture[] | null {
  const classes = listFolder(folder).filter(({ isDirectory }) => isDirectory);
  const pictures: Picture[] = [];
  let empty: string | undefined;
  for (const { name: className, path } of classes) {
    const entries = listFolder(path);
    const files = entries.filter(({ name, isDirectory }) => !isDirectory && pictureName.test(name));
    if (files.length < entries.length) {
      notes.push(
        `${path}: left out ${entries.length - files.length} of ${entries.length} entries, not PNG or JPEG files`,
      );
    }
    if (files.length === 0) empty ??= path;
    for (const file of files) pictures.push({ file, className });
  }
  if (pictures.length === 0) return null;
  if (empty) throw new Error(`${empty}: this class has no PNG or JPEG file`);
  return pictures;
}

async function read(folder: string, found: PictureFolder, context: ReadContext): Promise<DatasetContent> {
  const { train, test, notes } = found;
  for (const note of notes) context.log(note);
  const classNames = [...new Set(train.map(({ className }) => className))];
  checkEnough(folder, { classes: classNames.length, images: train.length });

  const pictures = [...train, ...test ?? []];
  const { size, rgb } = await readPictures(pictures, folder, context);
  const { channels, images } = dropEqualChannels(rgb);
  const labels = Uint16Array.from(pictures, ({ className }) => classNames.indexOf(className));
  const imageBytes = size * size * channels;
  const part = (start: number, end: number): ImageSet => ({
    count: end - start,
    images: images.subarray(start * imageBytes, end * imageBytes),
    labels: labels.slice(start, end),
  });
  const trainSet = part(0, train.length);
  return {
    name: baseName(folder),
    source: `pictures in ${folder}${test ? "" : ", a fifth of them for testing"}`,
    height: size,
    width: size,
    channels,
    classNames,
    augmentation: { shift: Math.round(size / 14), mirror: channels > 1 },
    ...(test ? { train: trainSet, test: part(train.length, pictures.length) } : splitOffTest(trainSet)),
  };
}

/** All pictures at one size, `[count, size, size, 3]`: the size asked for, else their own where it is common and small. */
async function readPictures(
  pictures: Picture[],
  folder: string,
  context: ReadContext,
  chosenSize = context.imageSize,
): Promise<{ size: number; rgb: Uint8Array }> {
  const size = chosenSize ?? ownSize(await readPicture(pictures[0]));
  const imageBytes = size * size * 3;
  if (pictures.length * imageBytes > largestBytes) {
    throw new Error(
      `${folder}: ${pictures.length} pictures at ${size} x ${size} take more than 2 GiB, choose a smaller image size`,
    );
  }
  const rgb = new Uint8Array(pictures.length * imageBytes);
  let [resized, oblong] = [0, 0];
  for (const [index, picture] of pictures.entries()) {
    context.signal?.throwIfAborted();
    const image = await readPicture(picture);
    const fits = image.width === size && image.height === size;
    if (!fits) resized++;
    if (image.width !== image.height) oblong++;
    if (chosenSize === undefined && size !== defaultSize && !fits) {
      return await readPictures(pictures, folder, context, defaultSize);
    }
    rgb.set(resizeByArea(image.rgb, { ...image, channels: 3 }, size), index * imageBytes);
    context.onProgress({
      label: `Reading ${baseName(folder)}`,
      done: index + 1,
      total: pictures.length,
      unit: "pictures",
    });
  }
  if (context.imageSize === undefined && resized > 0) {
    const squeezed = oblong > 0 ? `, ${oblong} of them squeezed, since they are not square` : "";
    context.log(
      `${folder}: ${resized} of ${pictures.length} pictures are resized to ${size} x ${size}${squeezed}; --image-size ` +
        "chooses another size",
    );
  }
  return { size, rgb };
}

function ownSize({ width, height }: RgbImage): number {
  return width === height && width <= largestOwnSize ? width : defaultSize;
}

async function readPicture({ file }: Picture): Promise<RgbImage> {
  return decodeImage(await Deno.readFile(file.path), file.path);
}

/** One channel where every pixel of every picture is grey. */
function dropEqualChannels(rgb: Uint8Array): { channels: number; images: Uint8Array } {
  for (let position = 0; position < rgb.length; position += 3) {
    if (rgb[position] !== rgb[position + 1] || rgb[position] !== rgb[position + 2]) return { channels: 3, images: rgb };
  }
  return { channels: 1, images: Uint8Array.from({ length: rgb.length / 3 }, (_, pixel) => rgb[pixel * 3]) };
}
