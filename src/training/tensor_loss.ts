// A loss that is written in tfjs: the network's outputs become tensors on its own device, tfjs differentiates the loss with
// respect to them and to variables beside the network, and their gradients go back into the network.
import * as tf from "@tensorflow/tfjs";
import { keptLosses } from "../engine/loss_ring.ts";
import type { TensorData } from "../engine/network.ts";
import { disposeAfter } from "./dispose_after.ts";
import { startTensors } from "./start_tensors.ts";
import type { StepLoss } from "./step_loss.ts";
import type { Student } from "./student.ts";

export interface TensorLossOptions<Batch> {
  /** The student's ports that the loss reads, `logits` among them where it does; all must have been built with gradients. */
  ports: readonly string[];
  /** Trained beside the student by Adam at the student's learning rate; the caller's. */
  variables?: readonly tf.Variable[];
  /** Mean over the batch, inside a tidy, on the tape: `outputs` `[batch, ...]` by port. Every variable must count. */
  loss(outputs: Record<string, tf.Tensor>, batch: Batch, progress: number): tf.Scalar;
  /** Called after the update, inside a tidy, with the same outputs. */
  afterStep?(outputs: Record<string, tf.Tensor>, batch: Batch): void;
}

export class TensorLoss<Batch> implements StepLoss<Batch> {
  readonly #student: Student;
  readonly #options: TensorLossOptions<Batch>;
  readonly #shapes: readonly number[][];
  readonly #optimizer: tf.AdamOptimizer;
  /** Not read yet, at most {@linkcode keptLosses}. */
  #losses: tf.Scalar[] = [];
  /** Tensors on the device that a backward pass may still have to read. */
  #lent: tf.Tensor[] = [];
  /** Of the last backward pass, for what comes after the update. */
  #last: { batch: Batch; outputs: tf.Tensor[]; gradients: { name: string; tensor: tf.Tensor }[] } | undefined;

  private constructor(student: Student, options: TensorLossOptions<Batch>) {
    this.#student = student;
    this.#options = options;
    this.#shapes = options.ports.map((port) => student.shapeOf(port));
    this.#optimizer = tf.train.adam(0);
  }

  /** Makes tfjs ready on the student's device; it stays so afterwards. RangeError on a port without gradients. */
  static async start<Batch>(student: Student, options: TensorLossOptions<Batch>): Promise<TensorLoss<Batch>> {
    for (const name of options.ports) {
      if (student.network.plan.ports[name]?.gradient !== undefined) continue;
      throw new RangeError(`the loss reads "${name}", which the student was not built to give gradients of`);
    }
    await startTensors(student.engine);
    return new TensorLoss(student, options);
  }

  #byPort(tensors: readonly tf.Tensor[]): Record<string, tf.Tensor> {
    return Object.fromEntries(this.#options.ports.map((port, index) => [port, tensors[index]]));
  }

  backward(batch: Batch, progress: number): void {
    const { network } = this.#student;
    const { ports, variables = [], loss } = this.#options;
    const { outputs, value, grads } = tf.tidy(() => {
      const outputs = ports.map((port, index) => tensorOf(network.output(port), this.#shapes[index]));
      const lossOf = (...tensors: tf.Tensor[]) => loss(this.#byPort(tensors), batch, progress);
      const { value, grads } = tf.valueAndGrads(lossOf)([...outputs, ...variables]);
      return { outputs, value: value as tf.Scalar, grads };
    });
    this.#losses.push(value);
    if (this.#losses.length > keptLosses) this.#losses.shift()?.dispose();
    const gradients: Record<string, TensorData> = {};
    for (const [index, port] of ports.entries()) {
      if (network.backend === "webgpu") {
        const { buffer, tensorRef } = grads[index].dataToGPU();
        if (!buffer) throw new Error(`the gradient of ${port} is not on the device`);
        gradients[port] = buffer;
        this.#lent.push(tensorRef);
      } else {
        gradients[port] = Float32Array.from(grads[index].dataSync());
      }
    }
    this.#lent.push(...outputs, ...grads);
    this.#last = {
      batch,
      outputs,
      gradients: variables.map(({ name }, index) => ({ name, tensor: grads[ports.length + index] })),
    };
    network.backward(gradients);
  }

  async read(): Promise<Float32Array> {
    if (this.#losses.length === 0) return new Float32Array(0);
    const all = tf.stack(this.#losses);
    tf.dispose(this.#losses);
    this.#losses = [];
    return await disposeAfter(all, () => all.data<"float32">());
  }

  endStep(learningRate: number): void {
    if (this.#last) {
      const { batch, outputs, gradients } = this.#last;
      if (gradients.length > 0) {
        // The schedule's rate: the optimizer's own field is protected, but read at every step.
        (this.#optimizer as unknown as { learningRate: number }).learningRate = learningRate;
        this.#optimizer.applyGradients(gradients);
      }
      tf.tidy(() => this.#options.afterStep?.(this.#byPort(outputs), batch));
    }
    this.#free();
  }

  #free(): void {
    tf.dispose(this.#lent);
    this.#lent = [];
    this.#last = undefined;
  }

  dispose(): void {
    this.#free();
    this.#optimizer.dispose();
    tf.dispose(this.#losses);
    this.#losses = [];
  }
}

function tensorOf(data: TensorData, shape: number[]): tf.Tensor {
  return data instanceof Float32Array ? tf.tensor(data, shape) : tf.tensor({ buffer: data, zeroCopy: true }, shape);
}
