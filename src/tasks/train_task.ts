// A whole training of one student for a task by one method: its phases in turn, on one set of weights and one head.
import * as tf from "@tensorflow/tfjs";
import { hashSeed } from "../data/random.ts";
import type { Distiller } from "../distillation/distiller.ts";
import { none } from "../distillation/none.ts";
import { type NetworkTaps, tapsOf } from "../distillation/taps.ts";
import type { Engine, NetworkOptions, Weights } from "../engine/network.ts";
import { initialiseWeights } from "../models/weights.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import { startTensors } from "../training/start_tensors.ts";
import { buildStudent } from "../training/student.ts";
import { countSteps, phaseSteps, requireTeachers, trainableOf } from "../training/train.ts";
import { trainSteps } from "../training/train_steps.ts";
import { predictTask } from "./evaluate_task.ts";
import { taskBatches, withTeachers } from "./task_batches.ts";
import { createTaskLoss, taskPortsOf } from "./task_loss.ts";
import type { TaskNetwork } from "./task_network.ts";
import type { Head, Task, TaskData } from "./task.ts";

export interface TrainTaskOptions {
  /** The student's body; the task's head reads its taps, its own last layer may go unused. */
  architecture: Architecture;
  engine: Engine;
  data: TaskData;
  /** Default: the task's own loss alone. */
  distiller?: Distiller;
  teachers?: readonly TaskNetwork[];
  epochs: number;
  batchSize: number;
  /** Of weights, head and order. */
  seed: number;
  peakLearningRate: number;
  optimizer?: NetworkOptions["optimizer"];
  /** Weights of the body to start from in place of those of the seed. */
  weights?: Weights;
  signal?: AbortSignal;
  onStep?: (step: number, steps: number) => void;
}

/** A trained network and what it took. */
export interface TrainedTaskNetwork extends TaskNetwork {
  steps: number;
  seconds: number;
  /** Mean over the steps of the last epoch. */
  loss: number;
}

/** Throws a RangeError of one line where method and network are not for the task and its images. */
export function requireFit(
  task: Task,
  { architecture, data, distiller }: Required<Pick<TrainTaskOptions, "data" | "distiller" | "architecture">>,
): void {
  if (!distiller.tasks.includes(task.name)) {
    throw new RangeError(`${distiller.name} is for ${distiller.tasks.join(", ")}, not for ${task.name}`);
  }
  const { height, width, channels } = architecture.input;
  if (height === data.height && width === data.width && channels === data.channels) return;
  throw new RangeError(
    `the network takes images of ${height}x${width}x${channels}, but ${task.name} has ${data.height}x${data.width}x${data.channels}`,
  );
}

/** Name and last length of the head's main output: `logits` where there are any, else the first one. */
function mainOutput(head: Head, taps: NetworkTaps): { name: string; width: number } {
  return tf.tidy(() => {
    const shapes = new Map<string, readonly number[]>();
    for (const { name, shape } of taps.stages) shapes.set(name, shape);
    if (taps.embedding) shapes.set(taps.embedding.name, [taps.embedding.channels]);
    const features = head.features.map((name) => {
      const shape = shapes.get(name.split(":")[0]);
      if (!shape) throw new RangeError(`no feature "${name}"; there are ${[...shapes.keys()].join(", ") || "none"}`);
      return [name, tf.zeros([1, ...shape])] as const;
    });
    const outputs = head.outputs(Object.fromEntries(features));
    const name = outputs.logits ? "logits" : Object.keys(outputs)[0];
    return { name, width: outputs[name].shape.at(-1) ?? 1 };
  });
}

/**
 * Trains `architecture` for `task` and gives it with its head, which the caller disposes. Throws a RangeError where method,
 * teachers, data or taps do not fit, a DivergedError where the loss is not finite, the signal's reason where aborted, a
 * DeviceLostError where the engine's device is gone. Teachers and engine stay the caller's.
 */
export async function trainTask(task: Task, options: TrainTaskOptions): Promise<TrainedTaskNetwork> {
  const { architecture, data, distiller = none.create({}), engine, seed, teachers = [] } = options;
  requireFit(task, { architecture, data, distiller });
  const taps = tapsOf(architecture);
  const gives = ["logits", "stages", "before", "embedding"] as const;
  requireTeachers(
    distiller,
    teachers.map((teacher, index) => {
      const { embedding, stages } = tapsOf(teacher.architecture);
      const given = {
        logits: true,
        stages: stages.length > 0,
        before: stages.length > 0 && stages.every(({ before }) => before),
        embedding: embedding !== undefined,
      };
      return { name: `teacher ${index + 1}`, gives: gives.filter((need) => given[need]) };
    }),
  );
  const { train } = data;
  const batchSize = Math.min(options.batchSize, train.count);
  await startTensors(engine);
  const head = task.createHead(taps, { data, seed: hashSeed(seed, "head") });
  try {
    const distillation = await distiller.prepare({
      task: task.name,
      student: { ...taps, outputs: mainOutput(head, taps).width },
      teachers: teachers.map((teacher) => {
        const own = tapsOf(teacher.architecture, teacher.weights);
        return { ...own, outputs: mainOutput(teacher.head, own).width };
      }),
      batchSize,
      trainImages: train.count,
      labels: train.labels,
      seed: hashSeed(seed, "distillation"),
      async trainingOutputs(index) {
        const outputs = await predictTask(teachers[index], { engine, set: train, signal: options.signal });
        return outputs[mainOutput(teachers[index].head, tapsOf(teachers[index].architecture)).name].values;
      },
      trainingTargets() {
        const all = train.targets(Uint32Array.from({ length: train.count }, (_, position) => position));
        return Object.fromEntries(Object.entries(all).map(([name, { values }]) => [name, values]));
      },
    });
    return await disposeAfter(distillation, async () => {
      const { phases } = distillation;
      const total = countSteps({ trainImages: train.count, epochs: options.epochs, batchSize });
      const stepsOf = phaseSteps(phases, total);
      let weights = options.weights ?? initialiseWeights(architecture, seed);
      const result = { steps: 0, seconds: 0, loss: NaN };
      for (const [index, phase] of phases.entries()) {
        if (stepsOf[index] === 0) continue;
        if (phase.imageGradientWeight) {
          throw new RangeError(`${distiller.name} reads gradients of images, which only classification gives`);
        }
        const features = taskPortsOf(phase, head);
        const student = await buildStudent(architecture, {
          backend: engine,
          batchSize,
          seed: index === 0 ? seed : hashSeed(seed, "phase", index),
          weights,
          features,
          gradients: features,
          trainable: trainableOf(architecture, phase),
          optimizer: options.optimizer,
        });
        weights = await disposeAfter(
          student,
          () =>
            withTeachers(phase, { teachers, engine, batchSize, trainImages: train.count }, async (ready) => {
              const trained = await trainSteps(student, {
                batches: taskBatches(train, {
                  batchSize,
                  seed: hashSeed(seed, "batches", index),
                  teachers: ready,
                }),
                steps: stepsOf[index],
                loss: await createTaskLoss(student, { task, head, phase }),
                peakLearningRate: options.peakLearningRate,
                signal: options.signal,
                onStep: (step) => options.onStep?.(result.steps + step, total),
              });
              result.steps += trained.steps;
              result.seconds += trained.seconds;
              result.loss = trained.loss;
              return await student.weights();
            }),
        );
      }
      return { task, architecture, weights, head, ...result, dispose: () => head.dispose() };
    });
  } catch (error) {
    head.dispose();
    throw error;
  }
}
