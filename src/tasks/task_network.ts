// A network that is trained for a task: a body of this project with the task's head in tfjs on its taps.
import * as tf from "@tensorflow/tfjs";
import type { Engine, Network, Weights } from "../engine/network.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { startTensors } from "../training/start_tensors.ts";
import type { Head, Task, TaskSet, Values } from "./task.ts";

/** Owns its head: call `dispose`. */
export interface TaskNetwork {
  task: Task;
  architecture: Architecture;
  weights: Weights;
  head: Head;
  dispose(): void;
}

/** A network's answer to images, in plain numbers, `[count, ...]` by name. */
export interface TaskAnswer {
  outputs: Record<string, Values>;
  features: Record<string, Values>;
}

/** Images `[indices.length, height, width, channels]` of `set`, one after the other. */
export function imagesAt(set: TaskSet, indices: ArrayLike<number>): Float32Array {
  const size = set.images.length / set.count;
  const images = new Float32Array(indices.length * size);
  for (let row = 0; row < indices.length; row++) {
    images.set(set.images.subarray(indices[row] * size, (indices[row] + 1) * size), row * size);
  }
  return images;
}

/** `values` as a tensor; the caller's. */
export function tensorOfValues({ values, shape }: Values): tf.Tensor {
  return tf.tensor(values, [...shape]);
}

async function readAll(tensors: Record<string, tf.Tensor>): Promise<Record<string, Values>> {
  const read: Record<string, Values> = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    read[name] = { values: await tensor.data<"float32">(), shape: tensor.shape };
  }
  return read;
}

/** Evaluates a TaskNetwork, which stays the caller's; batch norm by its moving averages. Owns a network: call `dispose`. */
export class TaskPredictor {
  readonly #network: Network;
  readonly #head: Head;
  /** Those that the head reads, and those that were asked for. */
  readonly #taps: readonly string[];
  readonly #features: readonly string[];
  readonly #images: Float32Array;
  readonly #shapes: ReadonlyMap<string, readonly number[]>;
  readonly batchSize: number;

  private constructor(
    network: Network,
    head: Head,
    { taps, features }: Record<"features" | "taps", readonly string[]>,
  ) {
    const { architecture: { input }, batchSize, layout } = network.plan;
    this.#network = network;
    this.#head = head;
    this.#taps = taps;
    this.#features = features;
    this.#images = new Float32Array(batchSize * input.height * input.width * input.channels);
    this.#shapes = new Map(layout.nodes.flatMap(({ node, outputShape }) => node.tap ? [[node.tap, outputShape]] : []));
    this.batchSize = batchSize;
  }

  /** `features`: taps to answer with besides the head's outputs. Makes tfjs ready on the engine. */
  static async build(
    { architecture, head, weights }: Pick<TaskNetwork, "architecture" | "head" | "weights">,
    { engine, batchSize, features = [] }: { engine: Engine; batchSize: number; features?: readonly string[] },
  ): Promise<TaskPredictor> {
    await startTensors(engine);
    const taps = [...new Set([...head.features, ...features])];
    const network = await engine.compile(architecture, { mode: "inference", batchSize, weights, features: taps });
    return new TaskPredictor(network, head, { taps, features });
  }

  /**
   * The answer to `images` `[count, height, width, channels]`; RangeError on more than fit the batch. `targets` of the images
   * are for a teacher in training.
   */
  async predict(images: Float32Array, targets?: Record<string, Values>): Promise<TaskAnswer> {
    const count = images.length / (this.#images.length / this.batchSize);
    if (!(Number.isInteger(count) && count >= 1 && count <= this.batchSize)) {
      throw new RangeError(`predict takes 1 to ${this.batchSize} images, got ${images.length} values`);
    }
    this.#images.set(images);
    this.#network.forward(this.#images);
    const read: Record<string, Values> = {};
    for (const name of this.#taps) {
      const values = await this.#network.read(name);
      const shape = [count, ...this.#shapes.get(name.split(":")[0]) ?? []];
      read[name] = { values: values.subarray(0, values.length / this.batchSize * count), shape };
    }
    const outputs = tf.tidy(() =>
      this.#head.outputs(
        Object.fromEntries(this.#head.features.map((name) => [name, tensorOfValues(read[name])])),
        targets &&
          Object.fromEntries(Object.entries(targets).map(([name, values]) => [name, tensorOfValues(values)])),
      )
    );
    try {
      const features = Object.fromEntries(this.#features.map((name) => [name, read[name]]));
      return { outputs: await readAll(outputs), features };
    } finally {
      tf.dispose(outputs);
    }
  }

  dispose(): void {
    this.#network.dispose();
  }
}
