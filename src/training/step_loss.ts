// What stands between the forward pass and the update of a step: the loss, its gradient, the backward pass.
import type { Distiller } from "../distillation/distiller.ts";
import type { SoftTargets } from "../engine/network.ts";
import type { Student } from "./student.ts";

/** What a step knows of its images. */
export type StepTargets = Pick<SoftTargets, "labels" | "teacherLogits">;

/** The loss of a training. Owns what it needs for it: call `dispose`. */
export interface StepLoss {
  /** Takes the loss of the last forward pass and runs the backward pass of its gradient. */
  backward(targets: StepTargets): void;
  /** The losses that {@linkcode backward} took since the last call, oldest first, as `Network.readLosses` gives them. */
  read(): Promise<Float32Array>;
  /** To be called after the step's update, and before the next step. */
  endStep(): void;
  dispose(): void;
}

/** By the engine's own loss: nothing leaves the network. */
function softTargetLoss({ network }: Student, numbers: Pick<SoftTargets, "temperature" | "alpha">): StepLoss {
  return {
    backward({ labels, teacherLogits }) {
      network.softTargetLoss({ labels, teacherLogits, ...numbers });
      network.backward();
    },
    read: () => network.readLosses(),
    endStep() {},
    dispose() {},
  };
}

/**
 * The loss of `distiller` over `student`. RangeError where the student was not compiled for the features that the loss
 * reads, or for their gradients.
 */
export async function createStepLoss(student: Student, distiller: Distiller): Promise<StepLoss> {
  for (const name of ["logits", ...distiller.studentFeatures ?? []]) {
    if (student.network.plan.ports[name]?.gradient !== undefined) continue;
    throw new RangeError(`${distiller.name} reads "${name}", which the student was not built to give gradients of`);
  }
  if (distiller.softTargets) return softTargetLoss(student, distiller.softTargets);
  // Loaded on demand: most trainings need no tensors outside the network.
  const { TensorLoss } = await import("./tensor_loss.ts");
  return await TensorLoss.start(student, distiller);
}
