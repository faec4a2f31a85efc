// What stands between the forward pass and the update of a step: the loss, its gradient, the backward pass.
import type { SoftTargets } from "../engine/network.ts";
import type { Student } from "./student.ts";

/** The loss of a training. Owns what it needs for it: call `dispose`. */
export interface StepLoss<Batch> {
  /** Takes the loss of the last forward pass and runs the backward pass of its gradient. */
  backward(batch: Batch, progress: number): void | Promise<void>;
  /** The losses that {@linkcode backward} took since the last call, oldest first, as `Network.readLosses` gives them. */
  read(): Promise<Float32Array>;
  /** To be called after the step's update, before the next forward pass: trains what the loss owns. */
  endStep(learningRate: number): void;
  dispose(): void;
}

/** By the engine's own loss: nothing leaves the network. */
export function softTargetLoss(
  { network }: Student,
  numbers: Readonly<Pick<SoftTargets, "temperature" | "alpha">>,
): StepLoss<Pick<SoftTargets, "labels" | "teacherLogits">> {
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
