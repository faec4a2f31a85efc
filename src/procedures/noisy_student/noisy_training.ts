// One training of Noisy Student: with noise at the small size, then FixRes.
import * as tf from "@tensorflow/tfjs";
import { hashSeed } from "../../data/random.ts";
import type { Distiller } from "../../distillation/distiller.ts";
import type { Weights } from "../../engine/network.ts";
import { type ModelNoise, noisyArchitecture } from "../../models/noise.ts";
import type { Architecture } from "../../schemas/architecture.ts";
import { batchesPerEpoch } from "../../data/training_batches.ts";
import { disposeAfter } from "../../training/dispose_after.ts";
import { buildStudent } from "../../training/student.ts";
import { TensorLoss } from "../../training/tensor_loss.ts";
import { trainSteps } from "../../training/train_steps.ts";
import type { ProcedureContext } from "../procedure.ts";
import { stepsOf, type Trainings } from "../trainings.ts";
import { type NoisyBatch, noisyBatches, type NoisyBatchesOptions } from "./noisy_batches.ts";

/** Sum of the rows' weighted cross-entropies with their targets; logits and targets `[N, classes]`, weights `[N]`. */
export function weightedCrossEntropy(logits: tf.Tensor, targets: tf.Tensor, weights: tf.Tensor): tf.Scalar {
  return tf.neg(tf.sum(tf.mul(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), -1), weights)));
}

/** `architecture` for images of another size: all weights stay where they are. */
export function resized(architecture: Architecture, size: { height: number; width: number }): Architecture {
  const { origin: _origin, ...network } = architecture;
  return { ...network, input: { ...network.input, ...size } };
}

/** Height and width times `share`. RangeError where the images are not square, since they are resized as squares. */
export function sizeOfShare(
  { height, width }: { height: number; width: number },
  share: number,
): { height: number; width: number } {
  if (share === 1) return { height, width };
  if (height !== width) {
    throw new RangeError(
      `a training at a smaller size takes square images, got ${height}x${width}; set trainSize to 1`,
    );
  }
  const side = Math.max(1, Math.round(height * share));
  return { height: side, width: side };
}

export interface NoisyTraining extends Pick<NoisyBatchesOptions, "labelled" | "unlabelled" | "ratio" | "augmentation"> {
  noise: ModelNoise;
  /** Share of the images' height and width. */
  trainSize: number;
  epochs: number;
  seed: number;
}

/** Trains `architecture` from scratch with all noise; its weights, and the mean loss of the last epoch. */
export async function trainNoisily(
  architecture: Architecture,
  context: ProcedureContext,
  trainings: Trainings,
  { epochs, noise, trainSize, seed, ...training }: NoisyTraining,
): Promise<{ weights: Weights; loss: number }> {
  const { data, engine, peakLearningRate, signal } = context;
  const trainImages = Math.min(context.trainImages, data.train.length);
  const batchSize = Math.min(context.batchSize, trainImages);
  const size = sizeOfShare(architecture.input, trainSize);
  const student = await buildStudent(noisyArchitecture(resized(architecture, size), noise), {
    backend: engine,
    batchSize,
    seed,
    gradients: ["logits"],
  });
  return await disposeAfter(student, async () => {
    const loss = await TensorLoss.start<NoisyBatch>(student, {
      ports: ["logits"],
      loss({ logits }, { targets, weights }) {
        const rows = tf.tensor2d(targets, [weights.length, targets.length / weights.length]);
        return weightedCrossEntropy(logits, rows, tf.tensor1d(weights));
      },
    });
    const trained = await trainSteps(student, {
      batches: noisyBatches({
        ...training,
        data,
        batchSize,
        batchesPerEpoch: batchesPerEpoch({ trainImages, batchSize }),
        size,
        seed: hashSeed(seed, "noisy batches"),
      }),
      steps: stepsOf(context, epochs),
      loss,
      peakLearningRate,
      signal,
      onStep: (step) => trainings.tell(step),
    });
    trainings.count(trained);
    return { weights: await student.weights(), loss: trained.loss };
  });
}

/**
 * The labels alone, with the shallow layers as they are: FixRes, Touvron et al. 2019, 1906.06423, as Noisy Student uses
 * it. The first half of the stages stays; a network without stages is trained as a whole.
 */
export function fixResDistiller(): Distiller {
  return {
    name: "fix-res",
    tasks: ["classification"],
    needs: [],
    teachers: { least: 0, most: Infinity },
    withoutTensors: true,
    prepare: ({ student: { stages } }) => ({
      phases: [{
        name: "fix-res",
        share: 1,
        taskWeight: 1,
        softTargets: { temperature: 1, alpha: 1 },
        trainedAfter: stages[Math.ceil(stages.length / 2) - 1]?.name,
      }],
      dispose() {},
    }),
  };
}
