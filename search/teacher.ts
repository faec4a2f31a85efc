// The teacher that students learn from: trained once per dataset, kept in the cache, its logits with it.
import { LogitCache } from "../src/data/logit_cache.ts";
import type { TrainingData } from "../src/data/training_data.ts";
import {
  fileHash,
  readTeacher,
  teacherPlace,
  type TeacherRecipe,
  type TeacherRecord,
  writeTeacher,
} from "../src/distill/built_in_teacher.ts";
import { countMultiplyAdds, countParameters } from "../src/ops/layout.ts";
import { teacherCacheFolder } from "../src/teachers/teacher_store.ts";
import type { LogitsJob } from "./trainers/job.ts";
import type { TrainerPool } from "./trainers/pool.ts";

/** A trained teacher in the cache. */
export type Teacher = TeacherRecord & { file: string };

export interface TeacherOptions {
  pool: TrainerPool;
  data: TrainingData;
  cacheDir: string;
  /** How it is trained, on the prepared dataset file. */
  job: TeacherRecipe & { dataset: string };
  /** One from before this time, in milliseconds since 1970, is trained anew. */
  freshSince?: number;
}

/** The teacher of a dataset, from the cache or trained now. Rejects with a JobError where training fails. */
export async function ensureTeacher(options: TeacherOptions): Promise<Teacher & { cached: boolean }> {
  const { data, job, pool } = options;
  const { dataset: _file, ...recipe } = job;
  const { network, ...numbers } = job;
  const place = teacherPlace(data, options.cacheDir, recipe);
  const { architecture, file, threads } = place;
  const known = await readTeacher(place, options.freshSince);
  if (known) return { ...known, file, cached: true };
  const trained = await pool.train({
    ...numbers,
    kind: "train",
    architecture,
    distiller: "none",
    distillerOptions: {},
    weights: file,
    test: false,
    threads,
  }, "teacher");
  const teacher = {
    name: `${network} teacher`,
    accuracy: trained.accuracy,
    parameters: countParameters(architecture),
    multiplyAdds: countMultiplyAdds(architecture),
    seconds: trained.seconds,
    threads,
    hash: await fileHash(file),
  };
  await writeTeacher(place, teacher);
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
    /** Logits from before this time, in milliseconds since 1970, are computed anew. */
    freshSince?: number;
    onProgress?: (done: number, total: number) => void;
  },
): Promise<string> {
  const { data, job, pool } = options;
  const { classNames } = data.dataset;
  const folder = teacherCacheFolder(options.cacheDir, teacher, data);
  const cache = new LogitCache(folder, { classes: classNames.length, trainCount: data.train.length });
  const missing = cache.missing(options.views, options.images, options.freshSince);
  let done = 0;
  await Promise.all(missing.map(async (place) => {
    await pool.run({ ...job, ...place, kind: "logits", teacher: teacher.file, folder }, "teacher's logits");
    options.onProgress?.(++done, missing.length);
  }));
  return folder;
}
