// The teachers of a run, and what they say of the training images.
import { UsageError } from "../src/cli/usage_error.ts";
import type { TrainingData } from "../src/data/training_data.ts";
import type { TeacherNeed } from "../src/distillation/distiller.ts";
import { distillers } from "../src/distillation/table.ts";
import { teacherSeed, teacherViews } from "../src/distill/built_in_teacher.ts";
import { guessWarning } from "../src/distill/guessing_teacher.ts";
import { automaticTeachers, requireCount } from "../src/distill/teacher_options.ts";
import type { Procedure } from "../src/procedures/procedure.ts";
import { methods } from "../src/procedures/table.ts";
import { adaptationOf } from "../src/schemas/teacher_fields.ts";
import { requireViews } from "../src/teachers/require_views.ts";
import { requireTeachers } from "../src/training/train.ts";
import { searchMethod } from "./method.ts";
import { trainsLonger } from "./finals.ts";
import { saveTeachers, saveTestAccuracies, testIsScored } from "./reported_teachers.ts";
import type { RunContext } from "./run_context.ts";
import { ensureLogits, ensureTeacher, type Teacher } from "./teacher.ts";
import type { TeachersJob, TrainJob } from "./trainers/job.ts";
import { JobError, type TrainerPool } from "./trainers/pool.ts";

/** What trainings of a run are told of their teachers. */
type TeachingPart = Pick<TrainJob, "teacherLogits" | "teaching" | "cacheDir" | "freshSince">;

export interface Teaching {
  part: TeachingPart;
  /** Fills what is kept of the teachers' answers to the first `images` training positions in the first `views` views. */
  ensure(views: number, images: number): Promise<void>;
  /** Scores the teachers on the test images, once in a run, and keeps it for its report. */
  scoreOnTest(): Promise<void>;
}

type DataOfJobs = { dataset: string; dataSeed: number; validationImages: number };

/** Scores `teachers` on the test images, unless an earlier start did. */
async function scoreTeachers(
  { config, store }: RunContext,
  { job, pool, teachers }: Pick<TeachingContext, "job" | "pool"> & { teachers: TeachersJob["teachers"] },
): Promise<void> {
  if (teachers.length === 0 || testIsScored(store)) return;
  const adaptation = adaptationOf(config);
  const { batchSize } = config;
  const opened = await pool.openTeachers({ ...job, kind: "teachers", teachers, adaptation, batchSize, test: true });
  saveTestAccuracies(store, opened.map(({ testAccuracy }) => testAccuracy ?? null));
}

/** A loss, or a sum of losses, that reads a teacher's logits on training images and nothing else. */
function readsLogitsOnly({ name, needs }: Procedure): boolean {
  return needs.every((need) => need === "logits") && name.split("+").every((part) => Object.hasOwn(distillers, part));
}

interface TeachingContext {
  job: DataOfJobs;
  method: Procedure;
  pool: TrainerPool;
  freshSince?: number;
}

async function automaticTeaching(
  context: RunContext,
  { data, freshSince, job, method, pool }: TeachingContext & { data: TrainingData },
): Promise<Teaching> {
  const { config, emit, paths, store } = context;
  const { cache: cacheDir } = paths;
  const count = config.teachers ?? automaticTeachers(method.teachers);
  asUsage(() => requireCount(method, count));
  const nothing = () => Promise.resolve();
  if (count === 0) return { part: { cacheDir, freshSince }, ensure: nothing, scoreOnTest: nothing };
  const phase = (message: string) => emit({ type: "phase", phase: "teacher", message });
  phase("Preparing the teacher, a larger network that the students learn from.");
  const teachers: Teacher[] = [];
  for (let index = 0; index < count; index++) {
    const teacher = await ensureTeacher({
      pool,
      data,
      cacheDir,
      freshSince,
      job: {
        ...job,
        network: config.teacherNetwork,
        seed: teacherSeed(config.dataSeed, index),
        trainImages: config.teacherTrainImages,
        epochs: config.teacherEpochs,
        views: teacherViews(config.views, config.teacherEpochs),
        batchSize: config.batchSize,
        peakLearningRate: config.learningRate,
      },
    });
    const percent = (100 * teacher.accuracy).toFixed(1);
    const origin = teacher.cached ? "from the cache" : `trained in ${Math.round(teacher.seconds)} s`;
    emit({ type: "note", message: `Teacher: ${teacher.name}, ${percent} % on validation, ${origin}.` });
    teachers.push(teacher);
  }
  saveTeachers(store, teachers);
  const fill = async (views: number, images: number) => {
    const folders = [];
    for (const teacher of teachers) {
      folders.push(
        await ensureLogits(teacher, {
          pool,
          data,
          job,
          views,
          images,
          cacheDir,
          freshSince,
          onProgress: (done, total) => emit({ type: "progress", phase: "logits", done, total, unit: "blocks" }),
        }),
      );
    }
    return folders;
  };
  const named = teachers.map(({ file, hash, name }) => ({ file, hash, name }));
  return {
    part: count === 1 && readsLogitsOnly(method)
      ? { teacherLogits: (await fill(0, 0))[0], cacheDir, freshSince }
      : { teaching: { teachers: named, adaptation: adaptationOf(config) }, cacheDir, freshSince },
    async ensure(views, images) {
      if (!method.needs.includes("logits")) return;
      emit({ type: "phase", phase: "logits", message: "Computing what the teacher says of the training images." });
      await fill(views, images);
    },
    scoreOnTest: () => scoreTeachers(context, { job, pool, teachers: named }),
  };
}

/** In a search a method's images without labels are those of the training part that students do not learn from. */
function requireUnlabelled(method: Procedure, config: RunContext["config"], { train }: TrainingData): void {
  const { finalTrainImages, trainImages } = config;
  const most = Math.max(trainImages, trainsLonger(config) ? finalTrainImages : 0);
  if (!method.usesUnlabelled || most < train.length) return;
  throw new UsageError(
    `--distiller ${method.name} learns from training images that no student sees the labels of, but students learn from ` +
      `all ${train.length}: lower --train-images and --final-train-images`,
  );
}

function asUsage(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw error instanceof RangeError ? new UsageError(error.message) : error;
  }
}

async function givenTeaching(
  context: RunContext,
  { data, freshSince, job, method, pool }: TeachingContext & { data: TrainingData },
): Promise<Teaching> {
  const { config, emit, paths, store } = context;
  const files = config.teacher;
  emit({ type: "phase", phase: "teacher", message: `Opening ${files.join(", ")}.` });
  const adaptation = adaptationOf(config);
  const teachers = files.map((file) => ({ name: file, file }));
  const { batchSize } = config;
  const opened = await pool.openTeachers({ ...job, kind: "teachers", teachers, adaptation, batchSize }).catch(
    (error) => {
      throw error instanceof JobError && error.teacher ? new UsageError(error.message) : error;
    },
  );
  const given = opened.map(({ gives, name }) => ({ name, gives: gives as TeacherNeed[] }));
  asUsage(() => requireTeachers(method, given, methods));
  const { epochs, finalEpochs, views } = config;
  asUsage(() => requireViews(opened, { views, epochs: Math.max(epochs, trainsLonger(config) ? finalEpochs : 0) }));
  const hashes = opened.map(({ hash }) => hash);
  const known = store.get("teacherHashes");
  if (known !== undefined && JSON.stringify(known) !== JSON.stringify(hashes)) {
    throw new Error(
      `run "${config.run}" was made with another teacher than ${
        files.join(", ")
      } now is, or its images are normalised ` +
        "otherwise than then; choose another --run",
    );
  }
  store.set("teacherHashes", hashes);
  saveTeachers(
    store,
    opened.map(({ accuracy = null, hash, name }) => ({ name, hash, accuracy, parameters: null, multiplyAdds: null })),
  );
  for (const { accuracy, name } of opened) {
    const scored = accuracy === undefined ? "a table of logits" : `${(100 * accuracy).toFixed(1)} % on validation`;
    emit({ type: "note", message: `Teacher: ${name}, ${scored}.` });
    const warning = guessWarning({ name, accuracy }, data);
    if (warning !== undefined) emit({ type: "note", message: warning });
  }
  // Trainers fill what is kept as they go, each beginning at another place.
  const part = { teaching: { teachers, adaptation }, cacheDir: paths.cache, freshSince };
  return {
    part,
    ensure: () => Promise.resolve(),
    scoreOnTest: () => scoreTeachers(context, { job, pool, teachers }),
  };
}

/**
 * The teachers of the run's method. Throws a UsageError where one cannot be opened, or does not suit the method. A method
 * without a teacher is given none.
 */
export async function openTeaching(
  context: RunContext,
  pool: TrainerPool,
  data: TrainingData,
  job: DataOfJobs,
): Promise<Teaching> {
  const { config, store } = context;
  const { name, options } = config.distiller;
  const method = searchMethod(name, options);
  requireUnlabelled(method, config, data);
  // Made anew once in a run: what was made since its first start that asked for it is fresh at the next ones.
  if (config.freshTeacher && store.get("freshSince") === undefined) store.set("freshSince", Date.now());
  const freshSince = store.get("freshSince") as number | undefined;
  const common = { data, freshSince, job, method, pool };
  return config.teacher.every((teacher) => teacher === "auto")
    ? await automaticTeaching(context, common)
    : await givenTeaching(context, common);
}
