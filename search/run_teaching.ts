// The teacher of a run, and what it says of the training images.
import { hashSeed } from "../src/data/random.ts";
import type { TrainingData } from "../src/data/training_data.ts";
import { createDistiller } from "../src/distillation/table.ts";
import type { RunConfig } from "../src/schemas/run_config.ts";
import type { RunContext } from "./run_context.ts";
import { ensureLogits, ensureTeacher, type Teacher } from "./teacher.ts";
import type { TrainerPool } from "./trainers/pool.ts";

/** The options of the configured distiller. */
export function optionsOf({ name: _name, ...options }: RunConfig["distiller"]): Record<string, number> {
  return options;
}

export interface Teaching {
  /** Folder of the logit cache. */
  folder: string;
  /** Fills the cache for the first `images` training positions in the first `views` views. */
  ensure(views: number, images: number): Promise<void>;
}

/** The teacher and its logits, where the distiller needs them. */
export async function openTeaching(
  { config, emit, paths, store }: RunContext,
  pool: TrainerPool,
  data: TrainingData,
  job: { dataset: string; dataSeed: number; validationImages: number },
): Promise<Teaching | undefined> {
  if (createDistiller(config.distiller.name, optionsOf(config.distiller)).needs.length === 0) return undefined;
  const phase = (message: string) => emit({ type: "phase", phase: "teacher", message });
  phase("Preparing the teacher, a larger network that the students learn from.");
  const known = store.get("teacher") as Teacher | undefined;
  const teacher = await ensureTeacher({
    pool,
    data,
    cacheDir: paths.cache,
    fresh: config.freshTeacher && known === undefined,
    job: {
      ...job,
      seed: hashSeed(config.dataSeed, "teacher"),
      trainImages: config.teacherTrainImages,
      epochs: config.teacherEpochs,
      // A teacher has no logits to look up: where views are wanted at all, each epoch sees one of its own.
      views: config.views === 1 ? 1 : config.teacherEpochs,
      batchSize: config.batchSize,
      peakLearningRate: config.learningRate,
    },
  });
  store.set("teacher", teacher);
  const percent = (100 * teacher.accuracy).toFixed(1);
  const origin = teacher.cached ? "from the cache" : `trained in ${Math.round(teacher.seconds)} s`;
  emit({ type: "note", message: `Teacher: ${teacher.name}, ${percent} % on validation, ${origin}.` });
  const fill = (views: number, images: number) =>
    ensureLogits(teacher, {
      pool,
      data,
      job,
      views,
      images,
      cacheDir: paths.cache,
      onProgress: (done, total) => emit({ type: "progress", phase: "logits", done, total, unit: "blocks" }),
    });
  return {
    folder: await fill(0, 0),
    async ensure(views, images) {
      emit({ type: "phase", phase: "logits", message: "Computing what the teacher says of the training images." });
      await fill(views, images);
    },
  };
}
