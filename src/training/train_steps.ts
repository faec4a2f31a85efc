// The loop of a training, whatever the task: batches, loss, update, on a cosine schedule.
import { setImmediate } from "node:timers/promises";
import { keptLosses } from "../engine/loss_ring.ts";
import { DeviceLostError, type Network } from "../engine/network.ts";
import { disposeAfter } from "./dispose_after.ts";
import type { ParameterRule } from "./parameter_rule.ts";
import { cosineSchedule } from "./schedule.ts";
import type { StepLoss } from "./step_loss.ts";
import type { Student } from "./student.ts";

/** What a step needs to know of its batch; losses may want more. */
export interface StepBatch {
  /** `[batch, height, width, channels]` */
  images: Float32Array;
  epoch: number;
}

export interface TrainStepsOptions<Batch extends StepBatch> {
  /** At least as many as `steps`. */
  batches: AsyncIterator<Batch>;
  steps: number;
  /** Disposed of at the end. */
  loss: StepLoss<Batch>;
  peakLearningRate: number;
  /** Stands in for the network's own optimizer. */
  rule?: ParameterRule;
  signal?: AbortSignal;
  onStep?: (step: number, steps: number) => void;
  /** Called after each step, once it is done with, and waited for. */
  afterStep?: (step: number) => void | Promise<void>;
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

/**
 * Trains `student` in place. Throws a DivergedError naming the step where the loss is not finite, the signal's reason
 * where aborted, a DeviceLostError where the engine's device is gone.
 */
export async function trainSteps<Batch extends StepBatch>(
  student: Student,
  options: TrainStepsOptions<Batch>,
): Promise<TrainResult> {
  const { batches, loss, rule, signal, steps } = options;
  const { network } = student;
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
  const next = async (): Promise<Batch> => {
    const { value, done } = await batches.next();
    if (done) throw new Error(`the batches ended before step ${steps}`);
    return value;
  };
  const run = async () => {
    let batch = await next();
    for (let step = 0; step < steps; step++) {
      const { epoch } = batch;
      const learningRate = cosineSchedule(step, { steps, peak: options.peakLearningRate });
      network.forward(batch.images);
      await loss.backward(batch, step / steps);
      if (rule) await rule.update(learningRate);
      else network.update(learningRate);
      loss.endStep(learningRate);
      const isLast = step === steps - 1;
      // A GPU is at work meanwhile.
      if (!isLast) batch = await next();
      if (step % stepsPerLossRead[network.backend] === 0 || isLast) await readLosses();
      if ((step + 1) % stepsPerWeightCheck === 0 || isLast) await requireFiniteWeights(student, step + 1, steps);
      options.onStep?.(step + 1, steps);
      await options.afterStep?.(step + 1);
      if (!isLast && batch.epoch !== epoch) lastEpochFrom = step + 1;
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
export async function orLost<T>(network: Network, work: () => Promise<T>): Promise<T> {
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
