// A network as files that other programs open, each format checked against what is measured and deployed here.
import * as tf from "@tensorflow/tfjs";
import { writeWhole } from "../data/write_whole.ts";
import type { Weights } from "../models/weights.ts";
import type { Architecture } from "../schemas/architecture.ts";
import type { ExportFormatName } from "../schemas/export_options.ts";
import { type CheckImages, checkImages } from "./check_images.ts";
import type { ExportFormat, RunningExport } from "./formats/format.ts";
import { exportFormats } from "./formats/table.ts";
import type { ImageNormalisation } from "./image_normalisation.ts";
import { runDeployed } from "./run_deployed.ts";

/** By how much logits of an export may differ, as a share of the largest logit of the check. */
export const exportTolerance = 1e-3;
const imagesAtOnce = 32;

export interface ExportModelOptions {
  format: ExportFormatName;
  /** Folder of the files; made where missing. */
  directory: string;
  /** `[count, height, width, channels]`, normalised: checked beside eight random ones. */
  images?: Float32Array;
  /** How images are normalised for the network: the files' metadata say it. */
  normalisation?: ImageNormalisation;
  /** 1e-3 by default. */
  tolerance?: number;
}

export interface ModelExport {
  format: ExportFormatName;
  /** Paths of the files. */
  files: string[];
  /** Largest absolute difference of a logit from the deployed network's. */
  maxDifference: number;
  /** The same over the largest absolute logit. */
  relativeDifference: number;
  /** How many were compared. */
  images: number;
  /** What ran the files. */
  checkedBy: string;
}

/** The files of a format do not say what the network says; nothing of it was written. */
export class ExportMismatchError extends Error {
  override name = "ExportMismatchError";

  constructor(readonly format: ExportFormatName, message: string) {
    super(`${format}: ${message}`);
  }
}

async function allLogits(model: RunningExport, { images, count }: CheckImages): Promise<Float32Array> {
  const parts: Float32Array[] = [];
  const size = images.length / count;
  for (let start = 0; start < count; start += imagesAtOnce) {
    const end = Math.min(count, start + imagesAtOnce);
    parts.push(await model.logits(images.subarray(start * size, end * size), end - start));
  }
  const logits = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let place = 0;
  for (const part of parts) {
    logits.set(part, place);
    place += part.length;
  }
  return logits;
}

async function logitsOf(open: () => Promise<RunningExport>, images: CheckImages): Promise<Float32Array> {
  const model = await open();
  try {
    return await allLogits(model, images);
  } finally {
    await model.dispose();
  }
}

function compare(actual: Float32Array, expected: Float32Array): { maxDifference: number; relativeDifference: number } {
  if (actual.length !== expected.length) throw new Error(`it gives ${actual.length} logits, not ${expected.length}`);
  if (!actual.every(Number.isFinite)) throw new Error("its logits are not finite");
  let maxDifference = 0;
  let largest = 0;
  for (const [index, value] of expected.entries()) {
    maxDifference = Math.max(maxDifference, Math.abs(actual[index] - value));
    largest = Math.max(largest, Math.abs(value));
  }
  // Logits that are all zero leave only the difference itself.
  return { maxDifference, relativeDifference: largest > 0 ? maxDifference / largest : maxDifference };
}

/**
 * Writes a network in a format and checks it: its files are opened by another program where there is one, and must give the
 * logits of the deployed network. Runs on the current tfjs backend. Error where the network's own logits are not finite,
 * RangeError where the weights do not fit, ExportMismatchError where the logits differ by more than `tolerance` of the
 * largest; nothing is written then. `formats` stands in for the table.
 */
export async function exportModel(
  architecture: Architecture,
  weights: Weights,
  { format, directory, images: given, normalisation, tolerance = exportTolerance }: ExportModelOptions,
  formats: Readonly<Record<ExportFormatName, ExportFormat>> = exportFormats,
): Promise<ModelExport> {
  await tf.ready();
  const { encode, open, checkedBy } = formats[format];
  const files = encode(architecture, weights, { normalisation });
  const images = checkImages(architecture.input, given);
  const expected = await logitsOf(() => Promise.resolve(runDeployed(architecture, weights)), images);
  if (!expected.every(Number.isFinite)) throw new Error("the network's own logits are not finite: nothing to export");
  let difference: ReturnType<typeof compare>;
  try {
    difference = compare(await logitsOf(() => open(files), images), expected);
  } catch (error) {
    throw new ExportMismatchError(format, `cannot be run by ${checkedBy}: ${(error as Error).message}`);
  }
  const { maxDifference, relativeDifference } = difference;
  if (relativeDifference > tolerance) {
    const by = `${maxDifference.toExponential(1)}, ${relativeDifference.toExponential(1)} of the largest`;
    throw new ExportMismatchError(format, `its logits differ from the network's by ${by}; allowed are ${tolerance}`);
  }
  const paths: string[] = [];
  for (const [name, content] of Object.entries(files)) {
    const path = `${directory}/${name}`;
    await writeWhole(path, content);
    paths.push(path);
  }
  return { format, files: paths, maxDifference, relativeDifference, images: images.count, checkedBy };
}
