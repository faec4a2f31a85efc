// A network that a procedure has trained, as the teacher of the next one. It answers to each image in each view once:
// the epochs that see a view again read what it said.
import { networkTeacher } from "../teachers/network_teacher.ts";
import type { Teacher, TeacherRequest } from "../teachers/teacher.ts";
import type { ProcedureContext, TrainedNetwork } from "./procedure.ts";

/** Answers of a view: logits `[trainImages, classes]`, and which rows are there. */
interface ViewAnswers {
  logits: Float32Array;
  known: Uint8Array;
}

/** Keeps the logits of `teacher` in memory; it is disposed of with this one. */
export function rememberLogits(teacher: Teacher, trainImages: number): Teacher {
  const classes = teacher.taps.outputs;
  const views = new Map<number, ViewAnswers>();
  return {
    ...teacher,
    async outputs(request: TeacherRequest) {
      if (request.features.length > 0 || request.imageGradient) return await teacher.outputs(request);
      const { positions, view } = request;
      let answers = views.get(view);
      if (!answers) {
        answers = { logits: new Float32Array(trainImages * classes), known: new Uint8Array(trainImages) };
        views.set(view, answers);
      }
      const { known, logits: all } = answers;
      if (positions.every((position) => known[position] === 1)) {
        const logits = new Float32Array(positions.length * classes);
        for (const [row, position] of positions.entries()) {
          logits.set(all.subarray(position * classes, (position + 1) * classes), row * classes);
        }
        return { logits, features: {} };
      }
      const output = await teacher.outputs(request);
      for (const [row, position] of positions.entries()) {
        all.set(output.logits.subarray(row * classes, (row + 1) * classes), position * classes);
        known[position] = 1;
      }
      return output;
    },
    dispose() {
      views.clear();
      teacher.dispose();
    },
  };
}

export interface TaughtOptions {
  /** Epochs of whoever learns from it, the longest training; default: the context's. */
  epochs?: number;
  /** How many trainings it teaches, each on all views; default 1. */
  trainings?: number;
}

/**
 * `network` as a teacher of the context's training images, which remembers its answers where they will be asked for
 * again. The caller disposes it.
 */
export function teacherOf(
  network: TrainedNetwork,
  name: string,
  context: ProcedureContext,
  { epochs = context.epochs, trainings = 1 }: TaughtOptions = {},
): Teacher {
  const { data, engine, views } = context;
  const trainImages = Math.min(context.trainImages, data.train.length);
  const { architecture, weights } = network;
  const batchSize = Math.min(context.batchSize, trainImages);
  const teacher = networkTeacher({ name, architecture, weights, engine, batchSize });
  // No image comes twice in one view.
  if (trainings === 1 && views >= epochs) return teacher;
  return rememberLogits(teacher, trainImages);
}
