// Scheme A of Apprentice (Mishra & Marr 2017, 1711.05852): teacher and apprentice learn at once, both from scratch.
import * as tf from "@tensorflow/tfjs";
import type { TrainingBatch } from "../data/training_batches.ts";
import { crossEntropy } from "../distillation/cross_entropy.ts";
import type { StepLoss } from "../training/step_loss.ts";
import type { Student } from "../training/student.ts";
import { TensorLoss } from "../training/tensor_loss.ts";

export interface JointWeights {
  /** Of the teacher's labels, the apprentice's labels, and the apprentice's cross-entropy with the teacher. */
  alpha: number;
  beta: number;
  gamma: number;
  temperature: number;
  /** Whether the gradient of the third term reaches the teacher. */
  gammaTrainsTeacher: boolean;
}

type JointBatch = TrainingBatch & { otherLogits: Float32Array };

function oneHot({ labels }: TrainingBatch, classes: number): tf.Tensor {
  return tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), classes), "float32");
}

function logitsTensor({ otherLogits, labels }: JointBatch): tf.Tensor {
  return tf.tensor2d(otherLogits, [labels.length, otherLogits.length / labels.length]);
}

/**
 * T^2 * CE(teacher at T, apprentice at T), mean over the batch; logits `[batch, classes]`. The gradient reaches both;
 * what is to be a constant must be given as one.
 */
export function teacherCrossEntropy(teacher: tf.Tensor, apprentice: tf.Tensor, temperature: number): tf.Scalar {
  const target = tf.softmax(tf.div(teacher, temperature));
  return tf.mul(crossEntropy(target, tf.div(apprentice, temperature)), temperature ** 2);
}

/**
 * The apprentice's loss beta * CE(y, p_A) + gamma * CE(p_T, p_A), which takes the teacher along: one step of the
 * teacher on alpha * CE(y, p_T), and the third term where that is wanted, for each one of the apprentice. Both were
 * built with the logits' gradients; both stay the caller's.
 */
export async function jointLoss(
  apprentice: Student,
  teacher: Student,
  { alpha, beta, gamma, temperature, gammaTrainsTeacher }: JointWeights,
): Promise<StepLoss<TrainingBatch>> {
  const { classes } = apprentice.architecture;
  const apprenticeLoss = await TensorLoss.start<JointBatch>(apprentice, {
    ports: ["logits"],
    loss: ({ logits }, batch) =>
      tf.add(
        tf.mul(crossEntropy(oneHot(batch, classes), logits), beta),
        tf.mul(teacherCrossEntropy(logitsTensor(batch), logits, temperature), gamma),
      ),
  });
  const teacherLoss = await TensorLoss.start<JointBatch>(teacher, {
    ports: ["logits"],
    loss({ logits }, batch) {
      const own = tf.mul<tf.Scalar>(crossEntropy(oneHot(batch, classes), logits), alpha);
      if (!gammaTrainsTeacher) return own;
      return tf.add(own, tf.mul(teacherCrossEntropy(logits, logitsTensor(batch), temperature), gamma));
    },
  });
  return {
    async backward(batch, progress) {
      teacher.network.forward(batch.images);
      const teacherLogits = await teacher.network.read("logits");
      const apprenticeLogits = await apprentice.network.read("logits");
      teacherLoss.backward({ ...batch, otherLogits: apprenticeLogits }, progress);
      apprenticeLoss.backward({ ...batch, otherLogits: teacherLogits }, progress);
    },
    read: () => apprenticeLoss.read(),
    endStep(learningRate) {
      teacher.network.update(learningRate);
      teacherLoss.endStep(learningRate);
      apprenticeLoss.endStep(learningRate);
    },
    dispose() {
      teacherLoss.dispose();
      apprenticeLoss.dispose();
    },
  };
}
