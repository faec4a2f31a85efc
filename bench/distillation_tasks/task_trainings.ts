// Trainings for a task with one seed: the rows' students have the same data, first weights, order of images and teacher.
import { hashSeed } from "../../src/data/random.ts";
import type { Engine } from "../../src/engine/network.ts";
import { evaluateTask } from "../../src/tasks/evaluate_task.ts";
import { taskOf } from "../../src/tasks/table.ts";
import type { Task, TaskData, TaskSet } from "../../src/tasks/task.ts";
import type { TaskNetwork } from "../../src/tasks/task_network.ts";
import { trainTask } from "../../src/tasks/train_task.ts";
import { disposeAfter } from "../../src/training/dispose_after.ts";
import type { Sizes, Trained } from "./job.ts";
import { distillerOf } from "./methods.ts";
import { studentOf, teacherOf } from "./networks.ts";
import type { Row, TaskSetting } from "./settings.ts";
import { withMirroredPoses, withNoisyBoxes } from "./wrong_teachers.ts";

/** The first `count` images of `set`. */
export function firstOf(set: TaskSet, count: number): TaskSet {
  const size = set.images.length / set.count;
  return { ...set, count, images: set.images.subarray(0, count * size), labels: set.labels.subarray(0, count) };
}

/** Rows of a setting and seed. Owns its teacher: call `dispose`. */
export interface Trainings {
  run(row: Row): Promise<Trained>;
  dispose(): void;
}

export interface TrainingsOptions {
  engine: Engine;
  seed: number;
  sizes: Sizes;
}

class TaskTrainings implements Trainings {
  readonly #task: Task;
  readonly #data: TaskData;
  readonly #teacher: TaskNetwork;
  readonly #teacherScores: Record<string, number>;
  readonly #options: TrainingsOptions;

  constructor(
    task: Task,
    { data, options, teacher, teacherScores }: {
      data: TaskData;
      options: TrainingsOptions;
      teacher: TaskNetwork;
      teacherScores: Record<string, number>;
    },
  ) {
    this.#task = task;
    this.#data = data;
    this.#teacher = teacher;
    this.#teacherScores = teacherScores;
    this.#options = options;
  }

  async run(row: Row): Promise<Trained> {
    const { engine, seed, sizes } = this.#options;
    const distiller = distillerOf(row);
    const teacher = row.noisyBoxes === undefined
      ? this.#teacher
      : withNoisyBoxes(this.#teacher, { deviation: row.noisyBoxes, seed: hashSeed(seed, "noise") });
    const student = await trainTask(this.#task, {
      ...sizes,
      engine,
      seed,
      data: this.#data,
      architecture: studentOf(this.#data),
      distiller,
      teachers: distiller.teachers.least > 0 ? [teacher] : [],
    });
    return await disposeAfter(student, async () => ({
      type: "trained",
      scores: await evaluateTask(student, { engine, set: this.#data.test }),
      teacher: this.#teacherScores,
      accuracyByEpoch: [],
      loss: student.loss,
      steps: student.steps,
      seconds: student.seconds,
    }));
  }

  dispose(): void {
    this.#teacher.dispose();
  }
}

/** Makes the data and trains the teacher, which sees more images than the students do. */
export async function openTask(
  { task: name, wrongDigits = [] }: TaskSetting,
  options: TrainingsOptions,
): Promise<Trainings> {
  const { engine, seed, sizes } = options;
  const task = taskOf(name);
  const { teacherEpochs, teacherImages, testImages, trainImages } = sizes;
  const all = await task.makeData({ seed: hashSeed(seed, "data"), trainImages: teacherImages, testImages });
  const teacher = await trainTask(task, {
    ...sizes,
    engine,
    seed: hashSeed(seed, "teacher"),
    data: wrongDigits.length > 0 ? withMirroredPoses(all, wrongDigits) : all,
    architecture: teacherOf(all),
    epochs: teacherEpochs,
  });
  try {
    const teacherScores = await evaluateTask(teacher, { engine, set: all.test });
    const data = { ...all, train: firstOf(all.train, trainImages) };
    return new TaskTrainings(task, { data, options, teacher, teacherScores });
  } catch (error) {
    teacher.dispose();
    throw error;
  }
}
