// The loss of one phase of a distillation on a task: the task's own loss on its head's outputs, and the method's term.
import * as tf from "@tensorflow/tfjs";
import type { DistillationBatch, NetworkBatch, Phase } from "../distillation/distiller.ts";
import { phaseLoss } from "../distillation/phase_loss.ts";
import type { StepLoss } from "../training/step_loss.ts";
import type { Student } from "../training/student.ts";
import { TensorLoss } from "../training/tensor_loss.ts";
import type { StepBatch } from "../training/train_steps.ts";
import { type TaskAnswer, tensorOfValues } from "./task_network.ts";
import type { Head, Task, Values } from "./task.ts";

/** Images of a step with what is known of them. */
export interface TaskBatch extends StepBatch {
  /** `[batch]`, places in the training set. */
  positions: Uint32Array;
  targets: Record<string, Values>;
  /** In the order of the teachers; empty where the phase reads none. */
  teachers: readonly TaskAnswer[];
}

function readsHead({ readsOutputs, taskWeight }: Phase): boolean {
  return readsOutputs === true || taskWeight !== 0;
}

/** Ports of the student's body that the phase's loss gives gradients of. */
export function taskPortsOf(phase: Phase, head: Head): string[] {
  return [...new Set([...(readsHead(phase) ? head.features : []), ...phase.studentFeatures ?? []])];
}

function tensorsOf(values: Record<string, Values>): Record<string, tf.Tensor> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, tensorOfValues(value)]));
}

/**
 * Mean over the batch of the weighted task loss and the term, and of its gradient; trains the head's variables and the
 * phase's. The student must have {@linkcode taskPortsOf}.
 */
export async function createTaskLoss(
  student: Student,
  { head, phase, task }: { task: Task; head: Head; phase: Phase },
): Promise<StepLoss<TaskBatch>> {
  const ports = taskPortsOf(phase, head);
  // The head lies behind all taps: training that ends at one of them leaves it as it is.
  const headVariables = readsHead(phase) && phase.trainedUpTo === undefined ? head.variables : [];
  const batchOf = (features: Record<string, tf.Tensor>, batch: TaskBatch, progress: number): DistillationBatch => {
    const targets = tensorsOf(batch.targets);
    return {
      student: { outputs: readsHead(phase) ? head.outputs(features, targets) : {}, features },
      teachers: batch.teachers.map(({ outputs, features }): NetworkBatch => ({
        outputs: tensorsOf(outputs),
        features: tensorsOf(features),
      })),
      targets,
      positions: batch.positions,
      progress,
    };
  };
  let progressOfStep = 0;
  return await TensorLoss.start<TaskBatch>(student, {
    ports,
    variables: [...headVariables, ...phase.variables ?? []],
    loss(features, batch, progress) {
      progressOfStep = progress;
      const made = batchOf(features, batch, progress);
      const whole = phaseLoss(phase, made, () => task.loss(made.student.outputs, made.targets));
      if (phase.taskWeight !== 0 || !readsHead(phase)) return whole;
      // A term may leave out some outputs, but tfjs wants every variable and port to count.
      const all = [...headVariables, ...head.features.map((name) => features[name])];
      return tf.add(whole, tf.mul(tf.addN(all.map((tensor) => tf.sum(tensor))), 0));
    },
    ...(phase.afterStep && {
      afterStep: (features, batch) => phase.afterStep?.(batchOf(features, batch, progressOfStep)),
    }),
  });
}
