// A single training by any method on images with classes: data, teachers, the student and, for comparison, the same student
// trained on the labels alone.
import { defaultTrainImages, type DistillOptions } from "../schemas/distill_options.ts";
import type { Dataset } from "../data/dataset.ts";
import { prepareDataset } from "../data/table.ts";
import { prepareTrainingData, type TrainingData } from "../data/training_data.ts";
import { writeWhole } from "../data/write_whole.ts";
import type { Engine } from "../engine/network.ts";
import { startEngine } from "../engine/start_engine.ts";
import { encodeSafetensors } from "../export/safetensors.ts";
import type { Procedure, ProcedureContext, TrainedNetwork } from "../procedures/procedure.ts";
import { createMethod } from "../procedures/table.ts";
import { accuracyOf, percent, validationLabels, validationLogits } from "../procedures/validation.ts";
import { contentHash } from "../schemas/architecture.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { evaluate } from "../training/evaluate.ts";
import { buildPredictor } from "../training/predictor.ts";
import { amidTraining } from "./amid_training.ts";
import { completeMethodOptions, methodsOfTask, requireTask } from "./methods.ts";
import { ensureTeachers, type OpenedTeacher, openTeachers } from "./open_teachers.ts";
import { studentArchitecture } from "./student_architecture.ts";
import { givenTeacherFlags, requireTeacherFlags } from "./teacher_flags.ts";
import { unlabelledImages } from "./unlabelled_images.ts";

export interface DistillResult {
  distiller: string;
  /** In full. */
  distillerOptions: Record<string, unknown>;
  /** On validation images. */
  accuracy: number;
  /** Of the same student from the same seed on the labels alone; null where it was left out. */
  baselineAccuracy: number | null;
  testAccuracy?: number;
  baselineTestAccuracy?: number;
  /** The first; null where the method had none. */
  teacher: OpenedTeacher | null;
  teachers: OpenedTeacher[];
  /** Of all trainings of the method, the baseline and automatic teachers not included. */
  seconds: number;
  steps: number;
  stepMs: number;
  loss: number;
  /** What it ran on. */
  backend: string;
  /** The student's file. */
  weights: string;
  details: Record<string, unknown>;
}

export interface DistillHooks {
  log?: (line: string) => void;
  onStep?: (step: number, steps: number) => void;
  signal?: AbortSignal;
}

async function openData(options: DistillOptions, { log, signal }: Required<Pick<DistillHooks, "log">> & DistillHooks) {
  const cacheDir = `${options.dataDir}/cache`;
  const { dataset } = await prepareDataset(options.dataset, { cacheDir, imageSize: options.imageSize, log, signal });
  const { dataSeed: seed, rendering, unlabelled, validationImages } = options;
  const prepared = prepareTrainingData(dataset, { seed, validationImages });
  const data: TrainingData = rendering === "plain" ? prepared : { ...prepared, rendering };
  return {
    data,
    unlabelled: unlabelled === undefined ? undefined : await unlabelledImages(unlabelled, dataset, signal),
  };
}

interface Scores {
  accuracy: number;
  testAccuracy?: number;
}

async function score(
  network: TrainedNetwork,
  { data, engine, signal, test }: { data: TrainingData; engine: Engine; signal?: AbortSignal; test: boolean },
): Promise<Scores> {
  const accuracy = accuracyOf(await validationLogits({ data, engine, signal }, network), validationLabels(data));
  if (!test) return { accuracy };
  const predictor = await buildPredictor(network.architecture, { engine, weights: network.weights });
  const set = data.dataset.test;
  const every = Uint32Array.from({ length: set.count }, (_, index) => index);
  const onBatch = () => signal?.throwIfAborted();
  return {
    accuracy,
    testAccuracy: await disposeAfter(predictor, () => evaluate(predictor, data, set, every, { onBatch })),
  };
}

/**
 * Trains a student by the method that `options` name. Throws a RangeError of one line where names, options, teachers or
 * sizes do not fit, which is before the first step of a training, the signal's reason where aborted, else as the method's trainings.
 */
export async function distill(options: DistillOptions, hooks: DistillHooks = {}): Promise<DistillResult> {
  const { log = () => {}, onStep, signal } = hooks;
  const { batchSize, distiller, epochs, seed, test, trainImages = defaultTrainImages.classification, views } = options;
  const method = createMethod(distiller, options.distillerOptions);
  requireTask(method, "classification");
  requireTeacherFlags(method, givenTeacherFlags(options));
  requireUnlabelledUse(method, options);
  // Of what is kept, nothing older counts.
  const freshSince = options.freshTeacher ? Date.now() : undefined;
  const { data, unlabelled } = await openData(options, { log, signal });
  const architecture = await studentArchitecture(options.architecture, data.dataset);
  const common = { options, method, data, trainImages, freshSince, log, onStep, signal };
  const automatic = await ensureTeachers(common);
  signal?.throwIfAborted();
  // One thread: results do not depend on the number of cores, and tfjs has no more.
  const { engine, description, reason } = await startEngine("auto");
  log(`training runs on ${description} (${reason})`);
  return await disposeAfter(engine, async () => {
    const { teachers, opened } = await openTeachers(automatic, { ...common, engine });
    const group = { dispose: () => teachers.forEach((teacher) => teacher.dispose()) };
    const training = () =>
      amidTraining(onStep, async (onStep) => {
        const context: ProcedureContext = {
          architecture,
          engine,
          data,
          teachers,
          trainImages,
          epochs,
          batchSize,
          views,
          seed,
          peakLearningRate: options.learningRate,
          ...unlabelledPart(unlabelled),
          cacheDir: `${options.dataDir}/cache`,
          ...(freshSince !== undefined && { freshSince }),
          signal,
          onStep,
          log,
        };
        log(`training the student by ${method.name}`);
        const result = await method.run(context);
        const scoring = { data, engine, signal, test };
        const own = await score(result, scoring);
        const weights = options.weights ?? `${options.dataDir}/distilled/${studentName(options)}.safetensors`;
        await writeWhole(weights, encodeSafetensors(result.architecture, result.weights));
        log(`${method.name}: ${percent(own.accuracy)} on validation; the student is in ${weights}`);
        const baseline = options.noBaseline || method.name === "none"
          ? undefined
          : await trainBaseline({ ...context, teachers: [] }, scoring);
        if (baseline) log(`the labels alone: ${percent(baseline.accuracy)} on validation`);
        return {
          distiller: method.name,
          distillerOptions: completeMethodOptions(distiller, options.distillerOptions),
          accuracy: own.accuracy,
          baselineAccuracy: baseline?.accuracy ?? (method.name === "none" ? own.accuracy : null),
          ...(own.testAccuracy !== undefined && { testAccuracy: own.testAccuracy }),
          ...(baseline?.testAccuracy !== undefined && { baselineTestAccuracy: baseline.testAccuracy }),
          teacher: opened[0] ?? null,
          teachers: opened,
          seconds: result.seconds,
          steps: result.steps,
          stepMs: 1000 * result.seconds / result.steps,
          loss: result.loss,
          backend: engine.backend,
          weights,
          details: result.details,
        };
      });
    return await disposeAfter(group, training);
  });
}

/** Throws a RangeError of one line where images without labels are given to a method that has no use for them. */
function requireUnlabelledUse(method: Procedure, { unlabelled }: DistillOptions): void {
  if (unlabelled === undefined || method.usesUnlabelled) return;
  const names = methodsOfTask("classification").map(({ name }) => name).filter((name) =>
    createMethod(name).usesUnlabelled
  );
  throw new RangeError(
    `--unlabelled ${unlabelled}: ${method.name} learns from images with labels only; others are for ${
      names.join(", ")
    }`,
  );
}

function unlabelledPart(unlabelled: Dataset | undefined): Pick<ProcedureContext, "unlabelled"> {
  return unlabelled ? { unlabelled } : {};
}

async function trainBaseline(context: ProcedureContext, scoring: Parameters<typeof score>[1]): Promise<Scores> {
  context.log?.("training the same student on the labels alone, for comparison");
  return await score(await createMethod("none").run(context), scoring);
}

/** A name for the student's file: what it was made by, and a hash of all options that it depends on. */
export function studentName(options: DistillOptions): string {
  const { dataDir: _dataDir, json: _json, list: _list, weights: _weights, ...of } = options;
  return `${options.distiller.replaceAll("+", "-")}-${contentHash(JSON.parse(JSON.stringify(of))).slice(0, 12)}`;
}
