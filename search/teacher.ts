// The teacher that students learn from: trained once per dataset, kept in the cache, its logits with it.
import { viewsVersion } from "../src/data/augmentation.ts";
import { LogitCache } from "../src/data/logit_cache.ts";
import type { TrainingData } from "../src/data/training_data.ts";
import { writeWhole } from "../src/data/write_whole.ts";
import { teacherArchitecture } from "../src/models/teacher.ts";
import { countMultiplyAdds, countParameters } from "../src/ops/layout.ts";
import { contentHash } from "../src/schemas/architecture.ts";
import * as z from "zod";
import type { LogitsJob, TrainJob } from "./trainers/job.ts";
import type { TrainerPool } from "./trainers/pool.ts";

/** Bytes of SHA-256, in hexadecimal. */
async function fileHash(path: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(path));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const recordSchema = z.strictObject({
  name: z.string(),
  accuracy: z.number(),
  parameters: z.int(),
  multiplyAdds: z.int(),
  seconds: z.number(),
  /** That it was trained on. */
  threads: z.int(),
  /** Of the weights file. */
  hash: z.string(),
});

/** A trained teacher in the cache. */
export type Teacher = z.infer<typeof recordSchema> & { file: string };

export interface TeacherOptions {
  pool: TrainerPool;
  data: TrainingData;
  cacheDir: string;
  /** How it is trained; its `weights` are set here. */
  job: Omit<
    TrainJob,
    "kind" | "architecture" | "distiller" | "distillerOptions" | "weights" | "test" | "threads"
  >;
  /** Train anew although the cache has one. */
  fresh: boolean;
}

async function readRecord(path: string): Promise<z.infer<typeof recordSchema> | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await Deno.readTextFile(path)));
  } catch {
    return undefined; // absent or damaged: the teacher is trained again
  }
}

/** The teacher of a dataset, from the cache or trained now. Rejects with a JobError where training fails. */
export async function ensureTeacher(options: TeacherOptions): Promise<Teacher & { cached: boolean }> {
  const { data, job, pool } = options;
  const { dataset } = data;
  const architecture = teacherArchitecture({ ...dataset, classes: dataset.classNames.length });
  const { dataset: _file, ...recipe } = job;
  const { contentHash: content, augmentation } = dataset;
  // The students wait for it. Beyond 16 a thread has too few images of a batch to be worth its start. Their number decides
  // in which order sums are taken, so another number gives another teacher.
  const threads = Math.min(16, navigator.hardwareConcurrency);
  const key = contentHash({ architecture, dataset: content, augmentation, viewsVersion, recipe, threads }).slice(0, 16);
  const folder = `${options.cacheDir}/teachers`;
  const file = `${folder}/${key}.safetensors`;
  const record = `${folder}/${key}.json`;
  const known = options.fresh ? undefined : await readRecord(record);
  if (known && (await fileHash(file).catch(() => "")) === known.hash) return { ...known, file, cached: true };
  const trained = await pool.train({
    ...job,
    kind: "train",
    architecture,
    distiller: "none",
    distillerOptions: {},
    weights: file,
    test: false,
    threads,
  }, "teacher");
  const teacher = {
    name: "residual teacher",
    accuracy: trained.accuracy,
    parameters: countParameters(architecture),
    multiplyAdds: countMultiplyAdds(architecture),
    seconds: trained.seconds,
    threads,
    hash: await fileHash(file),
  };
  await writeWhole(record, JSON.stringify(teacher));
  return { ...teacher, file, cached: false };
}

/**
 * Folder with the teacher's logits over the first `images` training positions in the first `views` views, after what
 * was missing there has been computed.
 */
export async function ensureLogits(
  teacher: Teacher,
  options: {
    pool: TrainerPool;
    data: TrainingData;
    cacheDir: string;
    job: Pick<LogitsJob, "dataset" | "dataSeed" | "validationImages">;
    views: number;
    images: number;
    onProgress?: (done: number, total: number) => void;
  },
): Promise<string> {
  const { data, job, pool } = options;
  const { dataSeed, validationImages } = job;
  const { contentHash: dataset, augmentation, classNames } = data.dataset;
  const of = { teacher: teacher.hash, dataset, augmentation, viewsVersion, dataSeed, validationImages };
  const key = contentHash(of).slice(0, 16);
  const folder = `${options.cacheDir}/logits/${key}`;
  const cache = new LogitCache(folder, { classes: classNames.length, trainCount: data.train.length });
  const missing = cache.missing(options.views, options.images);
  let done = 0;
  await Promise.all(missing.map(async (place) => {
    await pool.run({ ...job, ...place, kind: "logits", teacher: teacher.file, folder }, "teacher's logits");
    options.onProgress?.(++done, missing.length);
  }));
  return folder;
}
