// The contract of the engines: what carries out a plan. One network is compiled for one batch size; forward, loss, backward
// and update are the four parts of a training step, each over the whole batch.
import type { Weights } from "../ops/layout.ts";
import type { Architecture } from "../schemas/architecture.ts";
import type { OptimizerOptions } from "./optimizer.ts";
import type { Plan, PlanOptions } from "./plan.ts";

export type { Weights };

/** What a network is compiled for. */
export interface NetworkOptions extends PlanOptions {
  weights: Weights;
  /** Seed of dropout and stochastic depth. */
  seed?: number;
  optimizer?: OptimizerOptions;
  /** Bits of a uniform, symmetric quantiser that kernels are rounded with in both passes; the gradient passes straight. */
  weightBits?: number;
}

/** Softmax cross-entropy with the labels and, where there is a teacher, Hinton's distillation (1503.02531). */
export interface SoftTargets {
  /** `[batch]`, class numbers. */
  labels: Int32Array;
  /** `[batch, classes]` */
  teacherLogits?: Float32Array;
  /** T, for both distributions; the loss is scaled by T^2. */
  temperature: number;
  /** Weight of the labels, 0 to 1; 1 without a teacher. */
  alpha: number;
}

/** Throws a RangeError on a label that is no class, and on a temperature or alpha out of range. */
export function requireTargets({ labels, temperature, alpha }: SoftTargets, classes: number): void {
  for (const label of labels) {
    if (!(label >= 0 && label < classes)) throw new RangeError(`labels must be from 0 to ${classes - 1}, got ${label}`);
  }
  if (!(temperature > 0)) throw new RangeError(`temperature must be above 0, got ${temperature}`);
  if (!(alpha >= 0 && alpha <= 1)) throw new RangeError(`alpha must be from 0 to 1, got ${alpha}`);
}

/** Throws a RangeError on numbers of bits that kernels cannot be rounded to. */
export function requireWeightBits(weightBits: number | undefined): void {
  if (weightBits === undefined || (Number.isInteger(weightBits) && weightBits >= 2 && weightBits <= 16)) return;
  throw new RangeError(`weightBits must be a whole number from 2 to 16, got ${weightBits}`);
}

/**
 * A tensor outside the network: plain numbers where the network is in this process's memory, else a buffer on the
 * network's own device, which reads and writes it without leaving the device.
 */
export type TensorData = Float32Array | GPUBuffer;

/** A compiled network. Owns its memory: call {@linkcode Network.dispose}. Methods run in the order of the calls. */
export interface Network {
  readonly plan: Plan;
  readonly backend: "wasm" | "webgpu";

  /** Replaces all weights; the optimizer's state starts anew. */
  writeWeights(weights: Weights): void;
  /** Replaces the parameters alone: moving averages and the optimizer's state stay as they are. */
  writeParameters(parameters: Float32Array): void;
  /** A copy of the weights; `average`: the exponential moving average, where the optimizer keeps one. */
  readWeights(options?: { average?: boolean }): Promise<Weights>;

  /** Runs the forward pass on `images` `[batch, height, width, channels]`, copied. */
  forward(images: Float32Array): void;
  /** Values of a port `[batch, ...]`, dense, from the last forward pass; a copy, owned by the caller. */
  read(port: string): Promise<Float32Array>;
  /**
   * The values of a port for tfjs on the same device: a copy in plain numbers, or the port's own dense buffer, which
   * stays the network's and holds until the next forward pass.
   */
  output(port: string): TensorData;

  /** Loss of the last forward pass's logits, and its gradient as that of the port `logits`. */
  softTargetLoss(targets: SoftTargets): void;
  /** Loss that {@linkcode softTargetLoss} left last, mean over the batch. */
  readLoss(): Promise<number>;
  /**
   * Losses that {@linkcode softTargetLoss} left since the last call of this, oldest first, means over the batch; of more
   * than `keptLosses` (loss_ring.ts) the last ones. Reading many at once lets a GPU go on meanwhile.
   */
  readLosses(): Promise<Float32Array>;

  /**
   * Runs the backward pass, once per forward pass, whose memory it takes over. `gradients`: those of the plan's ports
   * `[batch, ...]`, dense; a port that is left out keeps what it was given last, so give all but one that softTargetLoss
   * has written.
   */
  backward(gradients?: Record<string, TensorData>): void;
  /** Gradient of all parameters `[parameterCount]`, zero where frozen. */
  readGradient(): Promise<Float32Array>;
  /** Replaces that gradient, which {@linkcode Network.update} then follows. */
  writeGradient(gradient: Float32Array): void;
  /** Gradient of the images, where the plan has one. */
  readImageGradient(): Promise<Float32Array>;

  /** One step of the optimizer along the gradient. */
  update(learningRate: number): void;

  /** Settles once all that was asked for is done. Rejects where the device is lost. */
  finish(): Promise<void>;
  dispose(): void;
}

/** An engine, started. One per process and backend. */
export interface Engine {
  readonly backend: "wasm" | "webgpu";
  /** What it runs on, for people. */
  readonly description: string;
  /**
   * Compiles a network. Throws a RangeError where the plan does, and on weights of another size, a NetworkTooLargeError
   * where it does not fit the memory.
   */
  compile(architecture: Architecture, options: NetworkOptions): Promise<Network>;
  /** Gives memory, threads and device back; networks must not be used afterwards. */
  dispose(): void;
}

/** The engine's device is gone; the work may be tried again on a new one. */
export class DeviceLostError extends Error {
  override name = "DeviceLostError";
}

/** The network does not fit the engine's memory: its own fault, the same at every try. */
export class NetworkTooLargeError extends Error {
  override name = "NetworkTooLargeError";
}
