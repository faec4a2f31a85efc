// A loss that is written in tfjs: the network's outputs become tensors on its own device, tfjs differentiates the loss with
// respect to them, and their gradients go back into the network.
import * as tf from "@tensorflow/tfjs";
import type { Distiller } from "../distillation/distiller.ts";
import { keptLosses } from "../engine/loss_ring.ts";
import type { TensorData } from "../engine/network.ts";
import { disposeAfter } from "./dispose_after.ts";
import type { StepLoss, StepTargets } from "./step_loss.ts";
import type { Student } from "./student.ts";
import { startTensors } from "./start_tensors.ts";

export class TensorLoss implements StepLoss {
  readonly #student: Student;
  readonly #distiller: Distiller;
  /** Ports that the loss reads, with their shapes `[batch, ...]`; the logits are the first. */
  readonly #ports: { name: string; shape: number[] }[];
  /** Not read yet, at most {@linkcode keptLosses}. */
  #losses: tf.Scalar[] = [];
  /** Tensors on the device that a backward pass may still have to read. */
  #lent: tf.Tensor[] = [];

  private constructor(student: Student, distiller: Distiller) {
    this.#student = student;
    this.#distiller = distiller;
    this.#ports = ["logits", ...distiller.studentFeatures ?? []].map((name) => ({
      name,
      shape: student.shapeOf(name),
    }));
  }

  /** Makes tfjs ready on the student's device; it stays so afterwards. */
  static async start(student: Student, distiller: Distiller): Promise<TensorLoss> {
    await startTensors(student.engine);
    return new TensorLoss(student, distiller);
  }

  backward(targets: StepTargets): void {
    const { network } = this.#student;
    const { value, grads } = tf.tidy(() => this.#differentiate(targets));
    this.#losses.push(value);
    if (this.#losses.length > keptLosses) this.#losses.shift()?.dispose();
    const gradients: Record<string, TensorData> = {};
    for (const [index, { name }] of this.#ports.entries()) {
      if (network.backend === "webgpu") {
        const { buffer, tensorRef } = grads[index].dataToGPU();
        if (!buffer) throw new Error(`the gradient of ${name} is not on the device`);
        gradients[name] = buffer;
        this.#lent.push(tensorRef);
      } else {
        gradients[name] = Float32Array.from(grads[index].dataSync());
      }
    }
    this.#lent.push(...grads);
    network.backward(gradients);
  }

  #differentiate({ labels, teacherLogits }: StepTargets): { value: tf.Scalar; grads: tf.Tensor[] } {
    const [logits] = this.#ports;
    const classes = logits.shape[1];
    const targets = tf.cast(tf.oneHot(tf.tensor1d(labels, "int32"), classes), "float32") as tf.Tensor2D;
    const teacher = teacherLogits && tf.tensor2d(teacherLogits, [labels.length, classes]);
    const lossOf = (...[studentLogits, ...features]: tf.Tensor[]): tf.Scalar =>
      this.#distiller.loss({
        studentLogits: studentLogits as tf.Tensor2D,
        studentFeatures: Object.fromEntries(features.map((tensor, index) => [this.#ports[index + 1].name, tensor])),
        labels: targets,
        teacherLogits: teacher,
      });
    const outputs = this.#ports.map(({ name, shape }) => tensorOf(this.#student.network.output(name), shape));
    const { value, grads } = tf.valueAndGrads(lossOf)(outputs);
    return { value: value as tf.Scalar, grads };
  }

  async read(): Promise<Float32Array> {
    if (this.#losses.length === 0) return new Float32Array(0);
    const all = tf.stack(this.#losses);
    tf.dispose(this.#losses);
    this.#losses = [];
    return await disposeAfter(all, () => all.data<"float32">());
  }

  endStep(): void {
    tf.dispose(this.#lent);
    this.#lent = [];
  }

  dispose(): void {
    this.endStep();
    tf.dispose(this.#losses);
    this.#losses = [];
  }
}

function tensorOf(data: TensorData, shape: number[]): tf.Tensor {
  return data instanceof Float32Array ? tf.tensor(data, shape) : tf.tensor({ buffer: data, zeroCopy: true }, shape);
}
