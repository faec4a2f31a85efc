// A table of logits made elsewhere: one row per image of the dataset's training part, in the dataset's own order.
import { createHash } from "node:crypto";
import type { TrainingData } from "../data/training_data.ts";
import { contentHash } from "../schemas/architecture.ts";
import { areProbabilities, chosenColumns, logitsOfProbabilities } from "./adapted_teacher.ts";
import { logitsTeacher } from "./logits_teacher.ts";
import { npyItemBytes, npyOpeningBytes, readNpyHeader } from "./npy.ts";
import { floatsOf } from "./safetensors_tensors.ts";
import type { Teacher } from "./teacher.ts";

/** A table in a file: where its values lie. */
export interface TablePlace {
  dtype: "F16" | "F32" | "F64";
  /** `[images, classes]` or `[views, images, classes]` */
  shape: readonly number[];
  dataStart: number;
}

const rowsAtOnce = 4096;

/** The place of the values of the .npy file at `path`. */
export async function npyPlace(path: string): Promise<TablePlace> {
  using file = await Deno.open(path);
  const opening = new Uint8Array(npyOpeningBytes);
  const length = await readFully(file, opening);
  return readNpyHeader(path, opening.subarray(0, length), (await file.stat()).size);
}

async function readFully(file: Deno.FsFile, into: Uint8Array): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const read = await file.read(into.subarray(filled));
    if (read === null) break;
    filled += read;
  }
  return filled;
}

/** Calls `use` with the values of rows `[start, end)`, counted over all views, some thousand at a time. */
async function eachRows(
  path: string,
  { place, start, end }: { place: TablePlace; start: number; end: number },
  use: (values: Float32Array, row: number, bytes: Uint8Array) => void,
): Promise<void> {
  const rowBytes = (place.shape.at(-1) ?? 0) * npyItemBytes[place.dtype];
  using file = await Deno.open(path);
  await file.seek(place.dataStart + start * rowBytes, Deno.SeekMode.Start);
  for (let row = start; row < end; row += rowsAtOnce) {
    const bytes = new Uint8Array(Math.min(rowsAtOnce, end - row) * rowBytes);
    if (await readFully(file, bytes) < bytes.length) throw new RangeError(`${path}: the file was cut off meanwhile`);
    use(floatsOf(place.dtype, bytes), row, bytes);
  }
}

export interface TableOptions {
  path: string;
  name: string;
  data: TrainingData;
  classes?: readonly number[];
}

/**
 * The table at `place` as a teacher. It is read through once for what is not finite. RangeError that begins with `path`
 * where its shape does not fit `data`. It says how many views it knows; others are refused.
 */
export async function tableTeacher(place: TablePlace, { path, name, data, classes }: TableOptions): Promise<Teacher> {
  const { shape } = place;
  const images = data.dataset.train.count;
  if (shape.length !== 2 && shape.length !== 3) {
    throw new RangeError(`${path}: it is [${shape}]; allowed are [images, classes] and [views, images, classes]`);
  }
  const views = shape.length === 3 ? shape[0] : 1;
  const [rows, outputs] = shape.slice(-2);
  if (rows !== images) {
    throw new RangeError(
      `${path}: it has ${rows} rows, the training part of ${data.dataset.name} has ${images} images; ` +
        "give one per image in the dataset's own order",
    );
  }
  if (views < 1 || outputs < 1) throw new RangeError(`${path}: it is [${shape}], which is empty`);
  const wanted = data.dataset.classNames.length;
  const columns = chosenColumns(path, { outputs, wanted, classes });
  const hash = createHash("sha256").update(JSON.stringify(place));
  let probabilities = true;
  await eachRows(path, { place, start: 0, end: views * rows }, (values, first, bytes) => {
    const wrong = values.findIndex((value) => !Number.isFinite(value));
    if (wrong >= 0) throw new RangeError(`${path}: row ${first + Math.floor(wrong / outputs)} holds ${values[wrong]}`);
    probabilities &&= areProbabilities(values, outputs);
    hash.update(bytes);
  });
  const read = async (view: number): Promise<Float32Array> => {
    if (view >= views) {
      const have = views === 1 ? "the images as they are" : `${views} views`;
      throw new RangeError(
        `${path}: it has logits of ${have} only, and view ${view} was asked for; train with at most ${views} view${
          views === 1 ? "" : "s"
        }`,
      );
    }
    const logits = new Float32Array(rows * wanted);
    await eachRows(path, { place, start: view * rows, end: (view + 1) * rows }, (raw, first) => {
      const values = probabilities ? logitsOfProbabilities(raw) : raw;
      let target = (first - view * rows) * wanted;
      if (!columns) {
        logits.set(values, target);
        return;
      }
      for (let start = 0; start < values.length; start += outputs) {
        for (const column of columns) logits[target++] = values[start + column];
      }
    });
    return logits;
  };
  return logitsTeacher({
    name,
    hash: contentHash({ table: hash.digest("hex"), columns: columns ?? null, probabilities }),
    classes: wanted,
    views,
    read,
    rows: "indices",
  });
}
