// One comparison on a task: its teachers, a student trained with the method, and one trained without.
import { createDistiller, distillers } from "../distillation/table.ts";
import type { Distiller } from "../distillation/distiller.ts";
import type { Engine, Weights } from "../engine/network.ts";
import { hashSeed } from "../data/random.ts";
import { teacherArchitecture } from "../models/teacher.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { createSpace } from "../spaces/table.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { countSteps, requireTeachers } from "../training/train.ts";
import { evaluateTask } from "./evaluate_task.ts";
import { taskOf } from "./table.ts";
import type { Task, TaskData, Values } from "./task.ts";
import { requireFit, trainTask } from "./train_task.ts";
import type { TaskNetwork } from "./task_network.ts";

export interface DistilTaskOptions {
  /** Name of the task; RangeError where there is none. */
  task: string;
  engine: Engine;
  distiller: { name: string; options?: Record<string, unknown> };
  /** Of data, weights and order. */
  seed: number;
  epochs: number;
  trainImages: number;
  testImages: number;
  batchSize: number;
  /** Default 0.01. */
  peakLearningRate?: number;
  /** The student's body. Default: the reference network of the space `mnas` for the task's images. */
  architecture?: Architecture;
  /** Default: the built-in teacher's. */
  teacher?: Architecture;
  /** Default: as many as the method needs at least. */
  teachers?: number;
  /** Default: `epochs`. */
  teacherEpochs?: number;
  /** Whether the student is also trained without the method. Default true. */
  baseline?: boolean;
  signal?: AbortSignal;
  /** Steps of all trainings. */
  onStep?: (step: number, steps: number) => void;
  /** Lines for people. */
  log?: (line: string) => void;
}

export type TaskScores = Record<string, number>;

export interface DistilTaskResult {
  task: string;
  /** Figures on the test images by name; the first one is the main one. `teacher`: the first of them. */
  scores: { teacher?: TaskScores; student: TaskScores; baseline?: TaskScores };
  higherIsBetter: boolean;
  /** Of the student's training with the method. */
  seconds: number;
  steps: number;
  loss: number;
  /** The student. */
  architecture: Architecture;
  weights: Weights;
  /** Variables of its head, in the head's order. */
  head: Values[];
}

/** The method for `task`; RangeError, naming those that fit, where it is for other tasks. */
export function distillerFor(task: Task, { name, options = {} }: DistilTaskOptions["distiller"]): Distiller {
  const distiller = createDistiller(name, options);
  if (distiller.tasks.includes(task.name)) return distiller;
  const table: Record<string, Pick<Distiller, "name" | "tasks">> = distillers;
  const fitting = Object.values(table).filter(({ tasks }) => tasks.includes(task.name)).map(({ name }) => name);
  const suits = distiller.tasks.length > 0 ? `for ${distiller.tasks.join(", ")}` : "for no single task";
  throw new RangeError(`${name} is ${suits}; ${task.name} has ${fitting.join(", ")}`);
}

/** The student that is trained where none is given: the reference network of `mnas` for the images of `data`. */
export function taskStudent({ channels, height, width }: TaskData): Architecture {
  // The body's own last layer goes unused: the task's head stands beside it.
  return createSpace("mnas", { height, width, channels, classes: 1 }).reference(1);
}

/**
 * Trains teachers plainly, then the student with the method and, unless left out, without, all from `seed`, and scores them
 * on the test images. Throws a RangeError of one line where names, options, networks or numbers do not fit, else as
 * `trainTask`. The engine stays the caller's.
 */
export async function distilTask(options: DistilTaskOptions): Promise<DistilTaskResult> {
  const { batchSize, engine, epochs, log = () => {}, seed, signal, trainImages } = options;
  const { baseline: withBaseline = true, peakLearningRate = 0.01, teacherEpochs = epochs } = options;
  const task = taskOf(options.task);
  const distiller = distillerFor(task, options.distiller);
  const teacherCount = options.teachers ?? distiller.teachers.least;
  const { testImages } = options;
  const data = await task.makeData({ seed: hashSeed(seed, "data"), trainImages, testImages });
  const architecture = options.architecture ?? taskStudent(data);
  const { channels, height, width } = data;
  // What cannot work is said before the teachers are trained.
  requireFit(task, { architecture, data, distiller });
  const gives = distiller.needs;
  requireTeachers(distiller, Array.from({ length: teacherCount }, () => ({ name: "a teacher", gives })));
  const teacherBody = options.teacher ?? teacherArchitecture({ height, width, channels, classes: 1 });

  const stepsOf = (epochs: number) => countSteps({ trainImages, epochs, batchSize: Math.min(batchSize, trainImages) });
  const total = teacherCount * stepsOf(teacherEpochs) + (withBaseline ? 2 : 1) * stepsOf(epochs);
  let before = 0;
  const common = { engine, data, batchSize, peakLearningRate, signal };
  const counted = (epochs: number) => {
    const start = before;
    before += stepsOf(epochs);
    return { ...common, epochs, onStep: (step: number) => options.onStep?.(start + step, total) };
  };
  const score = (network: TaskNetwork) => evaluateTask(network, { engine, set: data.test, signal });

  const teachers: TaskNetwork[] = [];
  try {
    for (let index = 0; index < teacherCount; index++) {
      log(teacherCount === 1 ? "training the teacher" : `training teacher ${index + 1} of ${teacherCount}`);
      const teacherSeed = hashSeed(seed, "teacher", index);
      teachers.push(
        await trainTask(task, { ...counted(teacherEpochs), architecture: teacherBody, seed: teacherSeed }),
      );
    }
    const teacher = teachers.length > 0 ? await score(teachers[0]) : undefined;
    log(`training the student by ${distiller.name}`);
    const student = await trainTask(task, { ...counted(epochs), architecture, distiller, teachers, seed });
    const result = await disposeAfter(student, async () => ({
      scores: await score(student),
      head: await Promise.all(student.head.variables.map(async (variable) => ({
        values: Float32Array.from(await variable.data()),
        shape: variable.shape,
      }))),
    }));
    let baseline: TaskScores | undefined;
    if (withBaseline) {
      log("training the student without a teacher");
      const plain = await trainTask(task, { ...counted(epochs), architecture, seed });
      baseline = await disposeAfter(plain, () => score(plain));
    }
    const { loss, seconds, steps, weights } = student;
    return {
      task: options.task,
      scores: { ...(teacher && { teacher }), student: result.scores, ...(baseline && { baseline }) },
      higherIsBetter: task.higherIsBetter,
      seconds,
      steps,
      loss,
      architecture,
      weights,
      head: result.head,
    };
  } finally {
    for (const teacher of teachers) teacher.dispose();
  }
}
