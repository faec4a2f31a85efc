// The one file that every source is converted to: a line of JSON, then per part the labels (16 bits, little-endian) and the
// pixels. Parent and child processes open it alike.
import { createHash } from "node:crypto";
import * as z from "zod";
import type { Dataset, ImageSet } from "./dataset.ts";

/** A dataset as a source gives it, before it is hashed. */
export type DatasetContent = Omit<Dataset, "contentHash">;

/** Version of the file's layout; part of the name of cached files. */
export const formatVersion = 1;

const positive = z.int().positive();
const headerSchema = z.strictObject({
  format: z.literal("nacre-dataset"),
  version: z.literal(formatVersion),
  name: z.string(),
  source: z.string(),
  height: positive,
  width: positive,
  channels: positive,
  classNames: z.array(z.string()).min(2),
  augmentation: z.strictObject({ shift: z.int().min(0), mirror: z.boolean() }),
  contentHash: z.string(),
  trainCount: positive,
  testCount: positive,
});

/** The bytes of the canonical file. RangeError where a part does not match the shape. */
export function encodeDataset(content: DatasetContent): Uint8Array<ArrayBuffer> {
  const { train, test, ...rest } = content;
  const pieces = [train, test].flatMap((set) => {
    checkSet(content, set);
    return [new Uint8Array(set.labels.buffer, set.labels.byteOffset, set.labels.byteLength), set.images];
  });
  const counts = { trainCount: train.count, testCount: test.count };
  const header: z.infer<typeof headerSchema> = {
    format: "nacre-dataset",
    version: formatVersion,
    ...rest,
    ...counts,
    contentHash: hashContent({ ...rest, ...counts }, pieces),
  };
  const line = new TextEncoder().encode(JSON.stringify(header) + "\n");
  const bytes = new Uint8Array(line.length + pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of [line, ...pieces]) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}

/** A dataset from the bytes of a canonical file, whose images it goes on using. Throws an Error naming `file`. */
export function decodeDataset(bytes: Uint8Array<ArrayBuffer>, file: string): Dataset {
  const lineEnd = bytes.indexOf("\n".charCodeAt(0));
  const header = parseHeader(bytes.subarray(0, Math.max(0, lineEnd)), file);
  const body = bytes.subarray(lineEnd + 1);
  const { format: _format, version: _version, trainCount, testCount, ...rest } = header;

  const imageBytes = header.height * header.width * header.channels;
  const expectedBytes = (trainCount + testCount) * (imageBytes + Uint16Array.BYTES_PER_ELEMENT);
  if (body.length !== expectedBytes) {
    throw new Error(`${file}: ${body.length} bytes of labels and pixels, but its header asks for ${expectedBytes}`);
  }
  const hash = hashContent(header, [body]);
  if (hash !== header.contentHash) {
    throw new Error(`${file}: damaged, its content hash is ${hash}, not ${header.contentHash}`);
  }

  const readSet = (start: number, count: number): ImageSet => {
    const imagesStart = start + count * Uint16Array.BYTES_PER_ELEMENT;
    return {
      count,
      labels: new Uint16Array(body.slice(start, imagesStart).buffer),
      images: body.subarray(imagesStart, imagesStart + count * imageBytes),
    };
  };
  const trainBytes = trainCount * (imageBytes + Uint16Array.BYTES_PER_ELEMENT);
  return { ...rest, train: readSet(0, trainCount), test: readSet(trainBytes, testCount) };
}

/** Opens a canonical file. Throws an Error naming it where it is damaged or no such file, Deno's NotFound where missing. */
export async function openDataset(file: string): Promise<Dataset> {
  return decodeDataset(await Deno.readFile(file), file);
}

function parseHeader(line: Uint8Array, file: string): z.infer<typeof headerSchema> {
  const text = new TextDecoder().decode(line);
  if (!text.startsWith(`{"format":"nacre-dataset",`)) throw new Error(`${file}: not a dataset file of Nacre`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Error(`${file}: the header is not JSON`);
  }
  const parsed = headerSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${file}: wrong header, ${issue.path.join(".")}: ${issue.message}`);
}

function hashContent(
  shape: Pick<
    z.infer<typeof headerSchema>,
    "height" | "width" | "channels" | "classNames" | "trainCount" | "testCount"
  >,
  pieces: Uint8Array[],
): string {
  const { height, width, channels, classNames, trainCount, testCount } = shape;
  const hash = createHash("sha256");
  hash.update(JSON.stringify([height, width, channels, classNames.length, trainCount, testCount]));
  for (const piece of pieces) hash.update(piece);
  return hash.digest("hex");
}

function checkSet({ name, height, width, channels, classNames }: DatasetContent, set: ImageSet): void {
  const imagesLength = set.count * height * width * channels;
  if (set.labels.length !== set.count || set.images.length !== imagesLength) {
    throw new RangeError(
      `dataset "${name}": ${set.labels.length} labels and ${set.images.length} bytes of images, ` +
        `expected ${set.count} and ${imagesLength}`,
    );
  }
  const outside = set.labels.find((label) => label >= classNames.length);
  if (outside !== undefined) {
    throw new RangeError(`dataset "${name}": label ${outside} is out of range for ${classNames.length} classes`);
  }
}
