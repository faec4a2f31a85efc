// Small data files made on the fly, in the formats that the sources read.
import { encode as encodePng } from "fast-png";
import jpeg from "jpeg-js";
import { gzipSync } from "node:zlib";
import type { Dataset } from "../../../src/data/dataset.ts";
import type { DatasetContent } from "../../../src/data/canonical_file.ts";
import type { FolderSource, ReadContext } from "../../../src/data/source.ts";

/** Runs `body` with a temporary folder, which is removed afterwards. */
export async function withFolder(body: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.realPath(await Deno.makeTempDir({ prefix: "nacre-test-" }));
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The bytes of an IDX file of unsigned bytes. */
export function idxBytes(sizes: number[], data: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(4 + 4 * sizes.length));
  header.setUint32(0, 0x0800 | sizes.length);
  for (const [axis, size] of sizes.entries()) header.setUint32(4 + 4 * axis, size);
  const bytes = new Uint8Array(header.byteLength + data.length);
  bytes.set(new Uint8Array(header.buffer));
  bytes.set(Uint8Array.from(data), header.byteLength);
  return bytes;
}

/** Writes images of `side` x `side` whose every pixel is their index, with labels 0 to `classes - 1` in turn. */
export function writeIdxPair(
  folder: string,
  part: string,
  options: { count: number; classes?: number; side?: number; gzip?: boolean },
): void {
  const { count, classes = 2, side = 4, gzip = true } = options;
  const pixels = Uint8Array.from({ length: count * side * side }, (_, index) => Math.floor(index / side / side));
  const labels = Uint8Array.from({ length: count }, (_, index) => index % classes);
  const write = (name: string, bytes: Uint8Array) =>
    Deno.writeFileSync(`${folder}/${part}-${name}${gzip ? ".gz" : ""}`, gzip ? gzipSync(bytes) : bytes);
  write("images-idx3-ubyte", idxBytes([count, side, side], pixels));
  write("labels-idx1-ubyte", idxBytes([count], labels));
}

/** A PNG of one colour: 1 value is grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha. */
export function pngBytes(colour: number[], size: { width: number; height: number }): Uint8Array {
  const data = new Uint8Array(size.width * size.height * colour.length).map((_, index) =>
    colour[index % colour.length]
  );
  return encodePng({ ...size, data, channels: colour.length, depth: 8 });
}

/** A JPEG of one colour. */
export function jpegBytes([red, green, blue]: number[], size: { width: number; height: number }): Uint8Array {
  const pixel = [red, green, blue, 255];
  const data = new Uint8Array(size.width * size.height * 4).map((_, index) => pixel[index % 4]);
  return jpeg.encode({ ...size, data }, 95).data;
}

/** Writes `count` pictures to a new folder; `make` gives the bytes of each. */
export function writePictures(folder: string, count: number, make: (index: number) => Uint8Array, type = "png"): void {
  Deno.mkdirSync(folder, { recursive: true });
  for (let index = 0; index < count; index++) Deno.writeFileSync(`${folder}/${index}.${type}`, make(index));
}

/** A ustar archive. */
export function tarBytes(files: Record<string, Uint8Array>): Uint8Array<ArrayBuffer> {
  const pieces = Object.entries(files).flatMap(([path, bytes]) => {
    const header = new Uint8Array(512);
    const put = (text: string, offset: number) => header.set(new TextEncoder().encode(text), offset);
    put(path, 0);
    put(bytes.length.toString(8).padStart(11, "0"), 124);
    put("0", 156);
    return [header, bytes, new Uint8Array((512 - bytes.length % 512) % 512)];
  });
  pieces.push(new Uint8Array(1024));
  const archive = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    archive.set(piece, offset);
    offset += piece.length;
  }
  return archive;
}

/** A dataset of random-looking bytes without a file behind it. */
export function sampleDataset(
  shape: { count?: number; side?: number; channels?: number; classes?: number } = {},
): Dataset {
  const { count = 12, side = 4, channels = 1, classes = 3 } = shape;
  const part = (size: number) => ({
    count: size,
    images: Uint8Array.from({ length: size * side * side * channels }, (_, index) => (index * 37 + 11) % 251),
    labels: Uint16Array.from({ length: size }, (_, index) => index % classes),
  });
  return {
    name: "sample",
    source: "made up",
    height: side,
    width: side,
    channels,
    classNames: Array.from({ length: classes }, (_, label) => `class ${label}`),
    augmentation: { shift: 1, mirror: true },
    contentHash: "none",
    train: part(count),
    test: part(4),
  };
}

/** A context for reading a source directly; `lines` collects its log. */
export function readContext(
  scratchFolder: string,
  options: Partial<ReadContext> = {},
): ReadContext & { lines: string[] } {
  const lines: string[] = [];
  return {
    imageSize: undefined,
    scratchFolder,
    onProgress: () => {},
    log: (line) => lines.push(line),
    signal: undefined,
    lines,
    ...options,
  };
}

/** What `find` reads from `folder`, which it must take for its kind. */
export async function readFolder(
  find: FolderSource,
  folder: string,
  context: ReadContext = readContext(folder),
): Promise<DatasetContent> {
  const found = find(folder);
  if (!found) throw new Error(`${find.name} does not take ${folder}`);
  return await found.read(context);
}

/** Names of everything in `folder`, hidden files too; none where it is missing. */
export function listAll(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
