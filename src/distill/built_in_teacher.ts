// The teacher that is trained where the user brings none: once per dataset, recipe and seed, and kept. Searches and single
// trainings share it.
import { createHash } from "node:crypto";
import * as z from "zod";
import { viewsVersion } from "../data/augmentation.ts";
import { hashSeed } from "../data/random.ts";
import type { TrainingData } from "../data/training_data.ts";
import { writeWhole } from "../data/write_whole.ts";
import type { Engine } from "../engine/network.ts";
import { decodeSafetensors } from "../export/safetensors.ts";
import { teacherArchitecture } from "../models/teacher.ts";
import { type Architecture, contentHash } from "../schemas/architecture.ts";
import { networkTeacher } from "../teachers/network_teacher.ts";
import type { TeacherNetworkName } from "../schemas/teacher_fields.ts";
import type { Teacher } from "../teachers/teacher.ts";

/** How it is trained. */
export interface TeacherRecipe {
  network: TeacherNetworkName;
  dataSeed: number;
  validationImages: number;
  seed: number;
  trainImages: number;
  epochs: number;
  views: number;
  batchSize: number;
  peakLearningRate: number;
}

export const teacherRecordSchema = z.strictObject({
  name: z.string(),
  /** On the validation part. */
  accuracy: z.number(),
  parameters: z.int(),
  multiplyAdds: z.int(),
  seconds: z.number(),
  /** That it was trained on. */
  threads: z.int(),
  /** Of the weights file. */
  hash: z.string(),
});

export type TeacherRecord = z.infer<typeof teacherRecordSchema>;

/** Where a teacher is or will be. */
export interface TeacherPlace {
  architecture: Architecture;
  threads: number;
  /** Safetensors. */
  file: string;
  record: string;
}

/**
 * Threads that it is trained with: nothing else runs at the time. Beyond 16 a thread has too few images of a batch to be
 * worth its start. Their number decides in which order sums are taken, so another number gives another teacher.
 */
export function teacherThreads(): number {
  return Math.min(16, navigator.hardwareConcurrency);
}

/** Seed of teacher number `index`, from 0: all students and searches with one data seed meet the same ones. */
export function teacherSeed(dataSeed: number, index = 0): number {
  return index === 0 ? hashSeed(dataSeed, "teacher") : hashSeed(dataSeed, "teacher", index);
}

/** Views that it is trained on: it has no logits to look up, so where views are wanted each epoch sees one of its own. */
export function teacherViews(views: number, epochs: number): number {
  return views === 1 ? 1 : epochs;
}

/** The place of the teacher of `data` by `recipe`. */
export function teacherPlace(
  { dataset, rendering }: TrainingData,
  cacheDir: string,
  { network, ...recipe }: TeacherRecipe,
): TeacherPlace {
  const architecture = teacherArchitecture({ ...dataset, classes: dataset.classNames.length }, network);
  const threads = teacherThreads();
  const { contentHash: content, augmentation } = dataset;
  const seen = rendering === undefined || rendering === "plain" ? {} : { rendering };
  const of = { architecture, dataset: content, augmentation, viewsVersion, recipe, threads, ...seen };
  const path = `${cacheDir}/teachers/${contentHash(of).slice(0, 16)}`;
  return { architecture, threads, file: `${path}.safetensors`, record: `${path}.json` };
}

/** SHA-256 of a file's bytes, in hexadecimal. */
export async function fileHash(path: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(path)).digest("hex");
}

/**
 * The record of the teacher at `place`; undefined where it is absent, damaged or from before `freshSince`, in milliseconds
 * since 1970, and is to be trained.
 */
export async function readTeacher(
  { file, record }: TeacherPlace,
  freshSince = -Infinity,
): Promise<TeacherRecord | undefined> {
  let known: TeacherRecord;
  try {
    if (Number((await Deno.stat(record)).mtime) < freshSince) return undefined;
    known = teacherRecordSchema.parse(JSON.parse(await Deno.readTextFile(record)));
  } catch {
    return undefined;
  }
  return (await fileHash(file).catch(() => "")) === known.hash ? known : undefined;
}

/** Keeps the record of a teacher whose weights are written. */
export async function writeTeacher({ record }: TeacherPlace, teacher: TeacherRecord): Promise<void> {
  await writeWhole(record, JSON.stringify(teacher));
}

/** A trained one, opened. What is kept about it goes by the hash of its file, `hash`. The caller disposes it. */
export async function builtInTeacher(
  { file, hash, name }: { file: string; hash: string; name: string },
  { engine, batchSize }: { engine: Engine; batchSize: number },
): Promise<Teacher> {
  const { architecture, weights } = decodeSafetensors(await Deno.readFile(file), file);
  return { ...networkTeacher({ name, architecture, weights, engine, batchSize }), hash };
}
