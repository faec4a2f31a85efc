// The loss of one phase of a distillation of classifiers: the labels' cross-entropy and the method's term.
import * as tf from "@tensorflow/tfjs";
import type { TrainingBatch } from "../data/training_batches.ts";
import { crossEntropy } from "../distillation/cross_entropy.ts";
import type { DistillationBatch, NetworkBatch, Phase } from "../distillation/distiller.ts";
import { phaseLoss } from "../distillation/phase_loss.ts";
import type { NetworkTaps } from "../distillation/taps.ts";
import type { Teacher, TeacherOutput } from "../teachers/teacher.ts";
import { gradientAttentionLoss } from "./gradient_attention.ts";
import { softTargetLoss, type StepLoss } from "./step_loss.ts";
import type { Student } from "./student.ts";
import { TensorLoss } from "./tensor_loss.ts";

export type PhaseBatch = TrainingBatch & { teachers: readonly TeacherOutput[] };

/** Ports of the student that a phase's loss gives gradients of. */
export function portsOf({ readsOutputs, studentFeatures = [], taskWeight }: Phase): string[] {
  return [...(readsOutputs || taskWeight !== 0 ? ["logits"] : []), ...studentFeatures];
}

/** Shape `[batch, ...]` of a tap of a network. */
export function tapShape(taps: NetworkTaps, name: string, batch: number): number[] {
  const [tap] = name.split(":");
  const stage = taps.stages.find((stage) => stage.name === tap);
  if (stage) return [batch, ...stage.shape];
  if (taps.embedding?.name === tap) return [batch, taps.embedding.channels];
  throw new RangeError(`no feature "${name}"; there are ${taps.stages.map(({ name }) => name).join(", ") || "none"}`);
}

function teacherBatch(output: TeacherOutput, { taps }: Teacher, batchSize: number): NetworkBatch {
  const { logits, features } = output;
  return {
    outputs: logits.length > 0 ? { logits: tf.tensor2d(logits, [batchSize, taps.outputs]) } : {},
    features: Object.fromEntries(
      Object.entries(features).map(([name, values]) => [name, tf.tensor(values, tapShape(taps, name, batchSize))]),
    ),
  };
}

/** Mean over the batch of the weighted cross-entropy and the term, and of its gradient. The student must have {@linkcode portsOf}. */
export async function createDistillationLoss(
  student: Student,
  phase: Phase,
  teachers: readonly Teacher[],
): Promise<StepLoss<PhaseBatch>> {
  const { imageGradientWeight: weight = 0, ...rest } = phase;
  if (weight === 0) return await withoutImageGradients(student, rest, teachers);
  const isCrossEntropy = rest.taskWeight === 1 && !rest.term && !rest.softTargets;
  const inner = isCrossEntropy ? undefined : await withoutImageGradients(student, rest, teachers);
  return gradientAttentionLoss(student, { weight, inner });
}

async function withoutImageGradients(
  student: Student,
  phase: Phase,
  teachers: readonly Teacher[],
): Promise<StepLoss<PhaseBatch>> {
  if (phase.softTargets) {
    const own = softTargetLoss(student, phase.softTargets);
    return {
      ...own,
      backward: ({ labels, teachers: [teacher] }, progress) =>
        own.backward({ labels, teacherLogits: teacher?.logits }, progress),
    };
  }
  const classes = student.architecture.classes;
  const batchOf = (ports: Record<string, tf.Tensor>, batch: PhaseBatch, progress: number): DistillationBatch => {
    const { logits, ...features } = ports;
    return {
      student: { outputs: logits ? { logits } : {}, features },
      teachers: batch.teachers.map((output, index) => teacherBatch(output, teachers[index], batch.labels.length)),
      targets: { labels: tf.cast(tf.oneHot(tf.tensor1d(batch.labels, "int32"), classes), "float32") },
      positions: batch.positions,
      progress,
    };
  };
  let progressOfStep = 0;
  return await TensorLoss.start<PhaseBatch>(student, {
    ports: portsOf(phase),
    variables: phase.variables,
    loss(ports, batch, progress) {
      progressOfStep = progress;
      const made = batchOf(ports, batch, progress);
      return phaseLoss(phase, made, () => crossEntropy(made.targets.labels, ports.logits));
    },
    ...(phase.afterStep && {
      afterStep: (ports, batch) => phase.afterStep?.(batchOf(ports, batch, progressOfStep)),
    }),
  });
}
