// A single training on a task beyond classification.
import { writeWhole } from "../data/write_whole.ts";
import { startEngine } from "../engine/start_engine.ts";
import { encodeSafetensors } from "../export/safetensors.ts";
import { createMethod } from "../procedures/table.ts";
import { defaultTrainImages, type DistillOptions, distillOptionsSchema } from "../schemas/distill_options.ts";
import { distilTask, type DistilTaskResult } from "../tasks/distil_task.ts";
import { taskOf } from "../tasks/table.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { kebabCase } from "../cli/option_description.ts";
import { type DistillHooks, studentName } from "./distill.ts";
import { amidTraining } from "./amid_training.ts";
import { requireTask } from "./methods.ts";
import { readArchitectureFile } from "./student_architecture.ts";
import { givenTeacherFlags, requireTeacherFlags } from "./teacher_flags.ts";

export interface DistillTaskResult extends Omit<DistilTaskResult, "architecture" | "weights" | "head"> {
  distiller: string;
  /** The main figure on test images, by what the scores are called. */
  metric: string;
  score: number;
  baselineScore: number | null;
  stepMs: number;
  backend: string;
  /** The body's file. */
  weights: string;
}

/** Options that only mean something where images have classes. */
const classificationOnly = [
  ...["teacherNormalisation", "teacherResize", "teacherColours", "teacherClasses", "teacherArchitecture"] as const,
  ...["teacherRendering", "teacherTrainImages", "freshTeacher", "unlabelled", "dataset", "imageSize"] as const,
  ...["rendering", "views", "dataSeed", "test"] as const,
] satisfies (keyof DistillOptions)[];

function refuseClassificationOnly(options: DistillOptions): void {
  const { task } = options;
  const usual = distillOptionsSchema.parse({});
  const given = classificationOnly.find((name) => options[name] !== usual[name]);
  if (given !== undefined) {
    throw new RangeError(
      `--${kebabCase(given)} is for classification; ${task} makes its data, and its teachers, anew from --seed`,
    );
  }
  const file = options.teacher.find((name) => name !== "auto");
  if (file !== undefined) {
    throw new RangeError(`--teacher ${file}: files are for classification; the teachers of ${task} are trained`);
  }
}

/** Trains a student for `options.task`. Throws as {@linkcode distilTask}. */
export async function distillTask(options: DistillOptions, hooks: DistillHooks = {}): Promise<DistillTaskResult> {
  const { distiller, task } = options;
  const method = createMethod(distiller, options.distillerOptions);
  requireTask(method, taskOf(task).name);
  refuseClassificationOnly(options);
  requireTeacherFlags(method, givenTeacherFlags(options));
  const architecture = options.architecture === "mnas" ? undefined : await readArchitectureFile(options.architecture);
  const { log = () => {}, onStep, signal } = hooks;
  const { engine, description, reason } = await startEngine("auto");
  log(`training runs on ${description} (${reason})`);
  return await disposeAfter(engine, async () => {
    const { architecture: body, head: _head, weights: values, ...result } = await amidTraining(
      onStep,
      (onStep) =>
        distilTask({
          task,
          engine,
          distiller: { name: distiller, options: options.distillerOptions },
          seed: options.seed,
          epochs: options.epochs,
          trainImages: options.trainImages ?? defaultTrainImages.others,
          testImages: options.validationImages,
          batchSize: options.batchSize,
          peakLearningRate: options.learningRate,
          ...(architecture && { architecture }),
          ...(options.teachers !== undefined && { teachers: options.teachers }),
          teacherEpochs: options.teacherEpochs,
          baseline: !options.noBaseline && distiller !== "none",
          log,
          onStep,
          signal,
        }),
    );
    const weights = options.weights ?? `${options.dataDir}/distilled/${task}-${studentName(options)}.safetensors`;
    await writeWhole(weights, encodeSafetensors(body, values));
    const [metric] = Object.keys(result.scores.student);
    return {
      ...result,
      distiller,
      metric,
      score: result.scores.student[metric],
      baselineScore: result.scores.baseline?.[metric] ?? (distiller === "none" ? result.scores.student[metric] : null),
      stepMs: 1000 * result.seconds / result.steps,
      backend: engine.backend,
      weights,
    };
  });
}
