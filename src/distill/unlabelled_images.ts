// Images without labels, out of a folder: all pictures in it and below it, as the dataset's own images are.
import { createHash } from "node:crypto";
import type { Dataset } from "../data/dataset.ts";
import { decodeImage } from "../data/decode_image.ts";
import { listFolder } from "../data/folder_entries.ts";
import { resizeByArea } from "../data/resize.ts";

const pictureName = /\.(png|jpe?g)$/i;

// Weights of red, green and blue in brightness: ITU-R BT.601.
const brightness = [0.299, 0.587, 0.114] as const;

function picturesIn(folder: string): string[] {
  return listFolder(folder).flatMap(({ isDirectory, name, path }) =>
    isDirectory ? picturesIn(path) : pictureName.test(name) ? [path] : []
  );
}

/** RGB pixels in the channels of a dataset. */
function inChannels(rgb: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return rgb;
  const grey = new Uint8Array(rgb.length / 3);
  for (let pixel = 0; pixel < grey.length; pixel++) {
    let sum = 0;
    for (const [channel, weight] of brightness.entries()) sum += weight * rgb[3 * pixel + channel];
    grey[pixel] = Math.round(sum);
  }
  return grey;
}

/**
 * The pictures of `folder` in the size and channels of `like`, all in its training part, each with the label 0, which means
 * nothing. Throws a RangeError of one line where there is no such folder, no picture, or one that cannot be read.
 */
export async function unlabelledImages(folder: string, like: Dataset, signal?: AbortSignal): Promise<Dataset> {
  const { channels, classNames, height, width } = like;
  if (height !== width || (channels !== 1 && channels !== 3)) {
    throw new RangeError(
      `--unlabelled needs a dataset of square images in 1 or 3 channels, got ${height}x${width}x${channels}`,
    );
  }
  let files: string[];
  try {
    files = picturesIn(folder);
  } catch (error) {
    throw new RangeError(`--unlabelled ${folder}: ${(error as Error).message}`);
  }
  if (files.length === 0) throw new RangeError(`--unlabelled ${folder}: no PNG or JPEG file in it`);
  const size = height * width * channels;
  const images = new Uint8Array(files.length * size);
  for (const [index, file] of files.entries()) {
    signal?.throwIfAborted();
    try {
      const { rgb, ...shape } = decodeImage(await Deno.readFile(file), file);
      const pixels = inChannels(rgb, channels);
      images.set(resizeByArea(pixels, { ...shape, channels }, height), index * size);
    } catch (error) {
      throw new RangeError(`--unlabelled: ${(error as Error).message}`);
    }
  }
  const labels = new Uint16Array(files.length);
  return {
    name: folder,
    source: folder,
    height,
    width,
    channels,
    classNames,
    augmentation: like.augmentation,
    contentHash: createHash("sha256").update(JSON.stringify([height, width, channels])).update(images).digest("hex"),
    train: { count: files.length, images, labels },
    test: { count: 0, images: new Uint8Array(0), labels: new Uint16Array(0) },
  };
}
