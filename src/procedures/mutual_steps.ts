// The loop of mutual learning: networks in lockstep on the same batches, each learning from what the others say now.
import { setImmediate } from "node:timers/promises";
import type { TrainingBatch } from "../data/training_batches.ts";
import { cosineSchedule } from "../training/schedule.ts";
import type { Student } from "../training/student.ts";
import { DivergedError, orLost } from "../training/train_steps.ts";
import { mutualLoss, type MutualLossOptions } from "./mutual_loss.ts";

export interface MutualStepsOptions extends Pick<MutualLossOptions, "target" | "weight"> {
  /** At least as many as `steps`. */
  batches: AsyncIterator<TrainingBatch>;
  /** Of each network. */
  steps: number;
  peakLearningRate: number;
  signal?: AbortSignal;
  onStep?: (step: number) => void;
}

/**
 * Trains `students` in place, one after the other on each batch; one that has been updated says anew what it thinks of
 * the batch before the next one learns (algorithm 1). Gives the mean loss of each over the last epoch. Throws a
 * DivergedError where a loss is not finite, the signal's reason where aborted, a DeviceLostError where the device is
 * gone.
 */
export async function mutualSteps(students: readonly Student[], options: MutualStepsOptions): Promise<number[]> {
  const { batches, steps, signal, target, weight } = options;
  let sums = students.map(() => 0);
  let counted = 0;
  let epoch = 0;
  const say = async ({ network }: Student, images: Float32Array): Promise<Float32Array> => {
    network.forward(images);
    return await network.read("logits");
  };
  const run = async () => {
    for (let step = 0; step < steps; step++) {
      const { value: batch, done } = await batches.next();
      if (done) throw new Error(`the batches ended before step ${steps}`);
      if (batch.epoch !== epoch) {
        [epoch, counted] = [batch.epoch, 0];
        sums = students.map(() => 0);
      }
      const learningRate = cosineSchedule(step, { steps, peak: options.peakLearningRate });
      const said: Float32Array[] = [];
      for (const student of students) said.push(await say(student, batch.images));
      for (const [index, student] of students.entries()) {
        const peers = said.filter((_, other) => other !== index);
        const { loss, gradient } = mutualLoss({ own: said[index], peers, labels: batch.labels, target, weight });
        if (!Number.isFinite(loss)) {
          throw new DivergedError(`the loss of network ${index + 1} is ${loss} at step ${step + 1} of ${steps}`);
        }
        sums[index] += loss;
        student.network.backward({ logits: gradient });
        student.network.update(learningRate);
        // Nobody listens to the last one any more.
        if (index < students.length - 1) said[index] = await say(student, batch.images);
      }
      counted++;
      options.onStep?.(step + 1);
      await setImmediate();
      signal?.throwIfAborted();
    }
  };
  await orLost(students[0].network, run);
  return sums.map((sum) => sum / counted);
}
