// One training: batches of seeded views, a distiller's loss, Adam on a cosine schedule.
import { setImmediate } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs";
import { hashSeed, Random } from "../data/random.ts";
import { imageBatch, type TrainingData } from "../data/training_data.ts";
import type { Distiller } from "../distillation/distiller.ts";
import type { Student } from "../models/student.ts";
import { Adam } from "./adam.ts";
import { cosineSchedule } from "./schedule.ts";

export interface TrainOptions {
  data: TrainingData;
  /** The first so many positions of the training part are used; at most all. */
  trainImages: number;
  epochs: number;
  batchSize: number;
  /** Epoch e sees view e mod `views` of each image. */
  views: number;
  peakLearningRate: number;
  /** Seed of the order of the batches. */
  seed: number;
  distiller: Distiller;
  /** The teacher's logits `[trainImages, classes]` in a view; needed where the distiller needs them. */
  teacherLogits?: (view: number) => Promise<Float32Array>;
  signal?: AbortSignal;
  onStep?: (step: number, steps: number) => void;
}

export interface TrainResult {
  steps: number;
  seconds: number;
  /** Mean of the losses that were read in the last epoch. */
  loss: number;
}

/** The loss was not finite: the student's own fault, the same on every machine. */
export class DivergedError extends Error {
  override name = "DivergedError";
}

// Reading the loss makes a GPU wait, so it is read once in so many steps.
const stepsPerLossRead = 10;

/** Steps that {@linkcode train} will take. */
export function countSteps(options: Pick<TrainOptions, "trainImages" | "epochs" | "batchSize">): number {
  return options.epochs * Math.max(1, Math.floor(options.trainImages / options.batchSize));
}

function gatherRows(rows: Float32Array, positions: Uint32Array, width: number): Float32Array {
  const gathered = new Float32Array(positions.length * width);
  for (const [row, position] of positions.entries()) {
    gathered.set(rows.subarray(position * width, (position + 1) * width), row * width);
  }
  return gathered;
}

/**
 * Trains `student` in place. Throws a DivergedError naming the step where the loss is not finite, the signal's reason
 * where aborted.
 */
export async function train(student: Student, options: TrainOptions): Promise<TrainResult> {
  const { data, distiller, epochs, signal } = options;
  const { height, width, channels, classNames } = data.dataset;
  const classes = classNames.length;
  const trainImages = Math.min(options.trainImages, data.train.length);
  const batchSize = Math.min(options.batchSize, trainImages);
  const batches = Math.floor(trainImages / batchSize);
  const steps = epochs * batches;
  const random = new Random(hashSeed(options.seed, "batches"));
  const order = Uint32Array.from({ length: trainImages }, (_, position) => position);
  const optimizer = new Adam(student.layout.parameterCount);
  const start = performance.now();
  let step = 0;
  let losses: number[] = [];
  try {
    for (let epoch = 0; epoch < epochs; epoch++) {
      const view = epoch % options.views;
      const teacherLogits = distiller.needs.includes("teacherLogits") ? await options.teacherLogits?.(view) : undefined;
      random.shuffle(order);
      losses = [];
      for (let batch = 0; batch < batches; batch++, step++) {
        const positions = order.subarray(batch * batchSize, (batch + 1) * batchSize);
        const pixels = imageBatch(data, data.dataset.train, positions.map((position) => data.train[position]), view);
        const images = tf.tensor4d(pixels.images, [batchSize, height, width, channels]);
        const result = tf.tidy(() => {
          const labels = tf.oneHot(tf.tensor1d(Int32Array.from(pixels.labels), "int32"), classes);
          const targets = tf.cast(labels, "float32") as tf.Tensor2D;
          const teacher = teacherLogits &&
            tf.tensor2d(gatherRows(teacherLogits, positions, classes), [batchSize, classes]);
          return student.step(images, ({ logits, features }) =>
            distiller.loss({
              studentLogits: logits,
              studentFeatures: features,
              labels: targets,
              teacherLogits: teacher,
            }));
        });
        const learningRate = cosineSchedule(step, { steps, peak: options.peakLearningRate });
        const parameters = optimizer.update(student.parameters, result.gradient, learningRate);
        student.update(parameters, result.batchStatistics);
        if (step % stepsPerLossRead === 0 || step === steps - 1) {
          const [loss] = await result.loss.data();
          if (!Number.isFinite(loss)) throw new DivergedError(`the loss is ${loss} at step ${step + 1} of ${steps}`);
          losses.push(loss);
        }
        tf.dispose([images, result.loss, result.gradient, result.batchStatistics]);
        options.onStep?.(step + 1, steps);
        // Gives way to whatever must be heard meanwhile: an abort, or a parent that is gone.
        await setImmediate();
        signal?.throwIfAborted();
      }
    }
  } finally {
    optimizer.dispose();
  }
  const loss = losses.reduce((sum, value) => sum + value, 0) / losses.length;
  return { steps, seconds: (performance.now() - start) / 1000, loss };
}
