// The teachers of a single training: automatic ones, or the user's, behind what is kept of their answers.
import type { TrainingData } from "../data/training_data.ts";
import { writeWhole } from "../data/write_whole.ts";
import { createDistiller } from "../distillation/table.ts";
import type { Engine } from "../engine/network.ts";
import { startEngine } from "../engine/start_engine.ts";
import { encodeSafetensors } from "../export/safetensors.ts";
import { countMultiplyAdds, countParameters } from "../ops/layout.ts";
import type { Procedure } from "../procedures/procedure.ts";
import { methods } from "../procedures/table.ts";
import { accuracyOf, percent, validationLabels, validationLogits } from "../procedures/validation.ts";
import { contentHash } from "../schemas/architecture.ts";
import type { DistillOptions } from "../schemas/distill_options.ts";
import { adaptationOf } from "../schemas/teacher_fields.ts";
import { cachedTeacher } from "../teachers/cached_teacher.ts";
import { renderedTeacher } from "../teachers/rendered_teacher.ts";
import { requireViews } from "../teachers/require_views.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { requireTeachers, train } from "../training/train.ts";
import { amidTraining } from "./amid_training.ts";
import { fileHash, readTeacher, teacherPlace, type TeacherRecipe, type TeacherRecord } from "./built_in_teacher.ts";
import { builtInTeacher, teacherSeed, teacherViews, writeTeacher } from "./built_in_teacher.ts";
import { givenTeacher } from "./given_teacher.ts";
import { guessWarning } from "./guessing_teacher.ts";
import { validationAccuracy } from "./validation_accuracy.ts";
import { automaticTeachers, requireCount } from "./teacher_options.ts";

export interface OpenedTeacher {
  name: string;
  /** Weights of an automatic teacher, or what the user named. */
  file: string;
  /** Key of what is kept about it. */
  hash: string;
  /** On validation images; absent where it knows the training images alone. */
  accuracy?: number;
}

/** What both steps need. */
export interface TeachersContext {
  options: DistillOptions;
  method: Pick<Procedure, "name" | "needs" | "teachers">;
  data: TrainingData;
  /** Of the student. */
  trainImages: number;
  /** What is kept from before this time, in milliseconds since 1970, is made anew. */
  freshSince?: number;
  log: (line: string) => void;
  onStep?: (step: number, steps: number) => void;
  signal?: AbortSignal;
}

/** The data as teachers see it. */
function teachersData({ data, options }: Pick<TeachersContext, "data" | "options">): TrainingData {
  const { teacherRendering } = options;
  return teacherRendering === undefined ? data : { ...data, rendering: teacherRendering };
}

const isAutomatic = ({ teacher }: DistillOptions) => teacher.every((name) => name === "auto");

async function trainTeacher(
  recipe: TeacherRecipe,
  { data, freshSince, log, onStep, options, signal }: TeachersContext,
): Promise<OpenedTeacher> {
  const place = teacherPlace(data, `${options.dataDir}/cache`, recipe);
  const { architecture, file, threads } = place;
  const describe = (known: TeacherRecord, origin: string) => {
    log(`teacher: ${known.name}, ${percent(known.accuracy)} on validation, ${origin}`);
    return { name: known.name, file, hash: known.hash, accuracy: known.accuracy };
  };
  const known = await readTeacher(place, freshSince);
  if (known) return describe(known, "kept from before");
  log("training the teacher, a larger network, once for this dataset");
  // An engine of its own, with all threads, since nothing else runs meanwhile.
  const { engine } = await startEngine("auto", { threads });
  return await disposeAfter(engine, async () => {
    const distiller = createDistiller("none");
    const trained = await amidTraining(
      onStep,
      (onStep) => train(architecture, { ...recipe, engine, data, distiller, onStep, signal }),
    );
    await writeWhole(file, encodeSafetensors(architecture, trained.weights));
    const logits = await validationLogits({ data, engine, signal }, { architecture, weights: trained.weights });
    const teacher = {
      name: `${recipe.network} teacher`,
      accuracy: accuracyOf(logits, validationLabels(data)),
      parameters: countParameters(architecture),
      multiplyAdds: countMultiplyAdds(architecture),
      seconds: trained.seconds,
      threads,
      hash: await fileHash(file),
    };
    await writeTeacher(place, teacher);
    return describe(teacher, `trained in ${Math.round(trained.seconds)} s`);
  });
}

/** Trains the automatic teachers that the method is to have and that are not kept yet. Before an engine is started. */
export async function ensureTeachers(context: TeachersContext): Promise<OpenedTeacher[]> {
  const { method, options } = context;
  if (!isAutomatic(options)) return [];
  const count = options.teachers ?? automaticTeachers(method.teachers);
  requireCount(method, count);
  const { batchSize, dataSeed, learningRate, teacherEpochs, teacherTrainImages, validationImages, views } = options;
  const data = teachersData(context);
  const opened: OpenedTeacher[] = [];
  for (let index = 0; index < count; index++) {
    const recipe = {
      network: options.teacherNetwork,
      dataSeed,
      validationImages,
      seed: teacherSeed(dataSeed, index),
      trainImages: teacherTrainImages,
      epochs: teacherEpochs,
      views: teacherViews(views, teacherEpochs),
      batchSize,
      peakLearningRate: learningRate,
    };
    opened.push(await trainTeacher(recipe, { ...context, data }));
  }
  return opened;
}

async function openOne(
  automatic: OpenedTeacher | undefined,
  path: string,
  { data, engine, options, batchSize }: {
    data: TrainingData;
    engine: Engine;
    options: DistillOptions;
    batchSize: number;
  },
): Promise<Teacher> {
  if (automatic) {
    return await builtInTeacher(automatic, { engine, batchSize });
  }
  return await givenTeacher(path, { adaptation: adaptationOf(options), engine, data, batchSize });
}

/**
 * Opens the teachers; `automatic` are those of {@linkcode ensureTeachers}. The caller disposes them. Throws a RangeError of
 * one line where they cannot give what the method needs.
 */
export async function openTeachers(
  automatic: readonly OpenedTeacher[],
  { data, engine, freshSince, log, method, options, signal, trainImages }: TeachersContext & { engine: Engine },
): Promise<{ teachers: Teacher[]; opened: OpenedTeacher[] }> {
  const seen = teachersData({ data, options });
  const batchSize = Math.min(options.batchSize, trainImages, data.train.length);
  const places = isAutomatic(options) ? automatic.map(({ file }) => file) : options.teacher;
  const teachers: Teacher[] = [];
  const opened: OpenedTeacher[] = [];
  try {
    for (const [index, file] of places.entries()) {
      const teacher = await openOne(automatic[index], file, { data: seen, engine, options, batchSize });
      teachers.push(teacher);
      const accuracy = automatic[index]?.accuracy ?? await validationAccuracy(teacher, seen);
      if (!automatic[index]) {
        log(`teacher: ${teacher.name}, ${accuracy === undefined ? "a table" : `${percent(accuracy)} on validation`}`);
        const warning = guessWarning({ name: teacher.name, accuracy }, seen);
        if (warning !== undefined) log(warning);
      }
      opened.push({ name: teacher.name, file, hash: teacher.hash, ...(accuracy !== undefined && { accuracy }) });
    }
    requireTeachers(method, teachers, methods);
    requireViews(teachers, options);
    const keeping = { data, seen, batchSize, trainImages, options, freshSince, log, signal };
    for (const [index, teacher] of teachers.entries()) teachers[index] = keepAnswers(teacher, keeping);
    return { teachers, opened };
  } catch (error) {
    for (const teacher of teachers) teacher.dispose();
    throw error;
  }
}

interface Keeping extends Pick<TeachersContext, "data" | "trainImages" | "options" | "freshSince" | "log" | "signal"> {
  /** The data as the teacher sees it. */
  seen: TrainingData;
  batchSize: number;
}

/** `teacher` with its answers kept on disk, and, where it sees other images than the student, with those. */
function keepAnswers(teacher: Teacher, keeping: Keeping): Teacher {
  const { data, seen, batchSize, trainImages, options, freshSince, log, signal } = keeping;
  const { rendering = "plain" } = seen;
  // What is kept is found by the teacher's hash: on other images it says other things.
  const named = rendering === "plain"
    ? teacher
    : { ...teacher, hash: contentHash({ teacher: teacher.hash, rendering }) };
  const cached = cachedTeacher(named, {
    data: seen,
    cacheDir: `${options.dataDir}/cache`,
    trainImages,
    batchSize,
    ...(freshSince !== undefined && { freshSince }),
    signal,
    onProgress: (done, total, view) => done === 1 && log(`asking ${teacher.name} about view ${view}, ${total} blocks`),
  });
  if (rendering === (data.rendering ?? "plain")) return cached;
  const rendered = renderedTeacher(cached, { data, rendering, batchSize });
  return { ...rendered, dispose: () => cached.dispose() };
}
