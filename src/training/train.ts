// One training: batches of seeded views, a distiller's loss, the student's optimizer on a cosine schedule.
import { setImmediate } from "node:timers/promises";
import { hashSeed } from "../data/random.ts";
import { batchesPerEpoch, trainingBatches, type TrainingBatchesOptions } from "../data/training_batches.ts";
import type { Distiller } from "../distillation/distiller.ts";
import { keptLosses } from "../engine/loss_ring.ts";
import { DeviceLostError, type Network } from "../engine/network.ts";
import { cosineSchedule } from "./schedule.ts";
import { disposeAfter } from "./dispose_after.ts";
import { createStepLoss } from "./step_loss.ts";
import type { Student } from "./student.ts";

export interface TrainOptions extends Omit<TrainingBatchesOptions, "batchSize"> {
  peakLearningRate: number;
  distiller: Distiller;
  signal?: AbortSignal;
  onStep?: (step: number, steps: number) => void;
}

export interface TrainResult {
  steps: number;
  seconds: number;
  /** Mean over the steps of the last epoch. */
  loss: number;
}

/** The loss or a weight was not finite: the student's own fault, the same on every machine. */
export class DivergedError extends Error {
  override name = "DivergedError";
}

// Reading losses makes a GPU wait, so there they are read together, once in so many steps.
const stepsPerLossRead = { wasm: 1, webgpu: keptLosses } as const;

// Rarely: the weights of a GPU are read for it.
const stepsPerWeightCheck = 100;

/** Steps that {@linkcode train} will take. */
export function countSteps(options: { trainImages: number; epochs: number; batchSize: number }): number {
  return options.epochs * batchesPerEpoch(options);
}

/**
 * Trains `student` in place. Throws a DivergedError naming the step where the loss is not finite, the signal's reason
 * where aborted, a DeviceLostError where the engine's device is gone, a RangeError where there are fewer images than a
 * batch takes or the student does not give what the distiller reads.
 */
export async function train(student: Student, options: TrainOptions): Promise<TrainResult> {
  const { distiller, signal } = options;
  const { network, batchSize } = student;
  const needsTeacher = distiller.needs.includes("teacherLogits");
  if (needsTeacher && !options.teacherLogits) throw new Error(`${distiller.name} needs teacherLogits, got none`);
  const trainImages = Math.min(options.trainImages, options.data.train.length);
  const batches = trainingBatches({
    ...options,
    trainImages,
    batchSize,
    seed: hashSeed(options.seed, "batches"),
    teacherLogits: needsTeacher ? options.teacherLogits : undefined,
  });
  const loss = await orLost(network, () => createStepLoss(student, distiller));
  const steps = countSteps({ trainImages, epochs: options.epochs, batchSize });
  const start = performance.now();
  const losses: number[] = [];
  let lastEpochFrom = 0;
  const readLosses = async () => {
    for (const value of await loss.read()) {
      losses.push(value);
      if (Number.isFinite(value)) continue;
      throw new DivergedError(`the loss is ${value} at step ${losses.length} of ${steps}`);
    }
  };
  const run = async () => {
    let { value: batch } = await batches.next();
    for (let step = 0; batch !== undefined; step++) {
      const { epoch } = batch;
      network.forward(batch.images);
      loss.backward(batch);
      network.update(cosineSchedule(step, { steps, peak: options.peakLearningRate }));
      // A GPU is at work meanwhile.
      ({ value: batch } = await batches.next());
      if (step % stepsPerLossRead[network.backend] === 0 || step === steps - 1) await readLosses();
      if ((step + 1) % stepsPerWeightCheck === 0 || step === steps - 1) {
        await requireFiniteWeights(student, step + 1, steps);
      }
      loss.endStep();
      options.onStep?.(step + 1, steps);
      if (batch && batch.epoch !== epoch) lastEpochFrom = step + 1;
      // Gives way to whatever must be heard meanwhile: an abort, or a parent that is gone.
      await setImmediate();
      signal?.throwIfAborted();
    }
  };
  await disposeAfter(loss, () => orLost(network, run));
  const lastEpoch = losses.slice(lastEpochFrom);
  const mean = lastEpoch.reduce((sum, value) => sum + value, 0) / lastEpoch.length;
  return { steps, seconds: (performance.now() - start) / 1000, loss: mean };
}

/** `work`; where the device is gone it rejects with a DeviceLostError, whatever tfjs on the same device says of that. */
async function orLost<T>(network: Network, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    try {
      await network.finish();
    } catch (lost) {
      if (lost instanceof DeviceLostError) throw lost;
    }
    throw error;
  }
}

/** An activation may hide a weight that is not a number from the loss. */
async function requireFiniteWeights(student: Student, step: number, steps: number): Promise<void> {
  const { parameters, statistics } = await student.weights();
  const finite = (values: Float32Array) => values.every((value) => Number.isFinite(value));
  if (!finite(parameters)) throw new DivergedError(`a weight is not finite after step ${step} of ${steps}`);
  if (!finite(statistics)) throw new DivergedError(`a moving average is not finite after step ${step} of ${steps}`);
}
