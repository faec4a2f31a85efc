// IDX, the format of MNIST: a magic number, big-endian sizes, then bytes (Y. LeCun, "The MNIST database").
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { ImageSet } from "./dataset.ts";

const gunzipBytes = promisify(gunzip);

const unsignedByte = 0x08;
const largestChannelCount = 4;

/** The bytes of a file, with its name for messages. */
export interface NamedBytes {
  file: string;
  bytes: Uint8Array;
}

/** Images and labels of one part with the shape of an image. */
export interface ShapedSet extends ImageSet {
  height: number;
  width: number;
  channels: number;
}

/** Reads a file; one named .gz is decompressed. Throws an Error naming it. */
export async function readPlainOrGzip(file: string): Promise<NamedBytes> {
  const bytes = await Deno.readFile(file);
  return { file, bytes: file.endsWith(".gz") ? await decompress({ file, bytes }) : bytes };
}

/** The content of gzip data. Throws an Error naming the file. */
export async function decompress({ file, bytes }: NamedBytes): Promise<Uint8Array> {
  try {
    return await gunzipBytes(bytes);
  } catch (error) {
    throw new Error(`${file}: not a whole gzip file (${(error as Error).message})`);
  }
}

/** Reads images (idx3 `[count, height, width]`, or idx4 with channels last) and labels (idx1) that belong together. */
export function parseIdxPair(images: NamedBytes, labels: NamedBytes): ShapedSet {
  const { shape: [count, height, width, channels = 1], data } = parseIdx(images, [3, 4]);
  const { shape: [labelCount], data: classes } = parseIdx(labels, [1]);
  if (labelCount !== count) {
    throw new Error(`${labels.file}: ${labelCount} labels, but ${images.file} has ${count} images`);
  }
  if (channels > largestChannelCount) {
    throw new Error(`${images.file}: ${channels} channels (the last size), at most ${largestChannelCount} are allowed`);
  }
  return { count, height, width, channels, images: data, labels: Uint16Array.from(classes) };
}

function parseIdx({ file, bytes }: NamedBytes, dimensions: number[]): { shape: number[]; data: Uint8Array } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = bytes.length < 4 ? undefined : view.getUint32(0);
  const rank = dimensions.find((dimension) => magic === (unsignedByte << 8 | dimension));
  if (rank === undefined) {
    const allowed = dimensions.map((dimension) => hexadecimal(unsignedByte << 8 | dimension)).join(" or ");
    const actual = magic === undefined ? `missing (${bytes.length} bytes)` : hexadecimal(magic);
    throw new Error(`${file}: the magic number is ${actual}, expected ${allowed}`);
  }
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) throw new Error(`${file}: ${bytes.length} bytes, too short for its header`);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  const expectedBytes = headerBytes + shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== expectedBytes) {
    throw new Error(`${file}: ${bytes.length} bytes, but its sizes ${shape.join(" x ")} need ${expectedBytes}`);
  }
  if (shape.includes(0)) throw new Error(`${file}: empty, its sizes are ${shape.join(" x ")}`);
  return { shape, data: bytes.subarray(headerBytes) };
}

function hexadecimal(word: number): string {
  return `0x${word.toString(16).padStart(8, "0")}`;
}
