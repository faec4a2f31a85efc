// The batches of a training for a task: images in their order, targets, the teachers' answers.
import { Random } from "../data/random.ts";
import type { Phase } from "../distillation/distiller.ts";
import type { Engine } from "../engine/network.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import type { TaskBatch } from "./task_loss.ts";
import { imagesAt, type TaskNetwork, TaskPredictor } from "./task_network.ts";
import { TaskTeacher } from "./task_teacher.ts";
import type { TaskSet } from "./task.ts";

/** Batches without end, shuffled anew each epoch, with what the teachers say of them; what is left over waits for the next order. */
export async function* taskBatches(
  set: TaskSet,
  options: { batchSize: number; seed: number; teachers: readonly TaskTeacher[] },
): AsyncGenerator<TaskBatch, undefined> {
  const { batchSize, teachers } = options;
  const random = new Random(options.seed);
  const order = Uint32Array.from({ length: set.count }, (_, position) => position);
  for (let epoch = 0;; epoch++) {
    random.shuffle(order);
    for (let start = 0; start + batchSize <= set.count; start += batchSize) {
      const positions = order.slice(start, start + batchSize);
      const images = imagesAt(set, positions);
      const answers = [];
      const targets = set.targets(positions);
      for (const teacher of teachers) answers.push(await teacher.answer(positions, { images, targets }));
      yield { epoch, positions, images, targets, teachers: answers };
    }
  }
}

/** `use` with each of `teachers` ready to answer with the features that the phase reads. */
export async function withTeachers<T>(
  phase: Phase,
  { teachers, engine, batchSize, trainImages }: {
    teachers: readonly TaskNetwork[];
    engine: Engine;
    batchSize: number;
    trainImages: number;
  },
  use: (ready: readonly TaskTeacher[]) => Promise<T>,
): Promise<T> {
  const ready: TaskTeacher[] = [];
  return await disposeAfter({ dispose: () => ready.forEach((teacher) => teacher.dispose()) }, async () => {
    if (phase.term || phase.afterStep) {
      for (const [index, teacher] of teachers.entries()) {
        const features = phase.teacherFeatures?.[index];
        const predictor = await TaskPredictor.build(teacher, { engine, batchSize, features });
        ready.push(new TaskTeacher(predictor, { count: trainImages }));
      }
    }
    return await use(ready);
  });
}
