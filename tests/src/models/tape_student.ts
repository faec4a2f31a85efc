// A student on tfjs's gradient tape, as stock tfjs would train it: what the engines are checked against.
import * as tf from "@tensorflow/tfjs";
import { statisticsMomentum } from "../../../src/engine/optimizer.ts";
import { allWeights, byNode, logitsOf, runNodes, splitWeights } from "../../../src/models/network.ts";
import { initialiseWeights, type Weights } from "../../../src/models/weights.ts";
import { type Layout, layoutOf } from "../../../src/ops/layout.ts";
import type { Architecture } from "../../../src/schemas/architecture.ts";

/** What a forward pass gives. */
export type TapeOutput = {
  /** `[batch, classes]` */
  logits: tf.Tensor2D;
  /** Outputs of the tapped nodes by name: stage ends `[batch, height, width, channels]`, `embedding` `[batch, channels]`. */
  features: Record<string, tf.Tensor>;
};

/** Loss, gradient and batch statistics of one step; the caller disposes them. */
export type TapeStep = {
  /** scalar */
  loss: tf.Scalar;
  /** `[parameterCount]` */
  gradient: tf.Tensor1D;
  /** `[statisticCount]` */
  batchStatistics: tf.Tensor1D;
};

/** A trainable network. Owns its weights: call {@linkcode TapeStudent.dispose}. */
export class TapeStudent {
  readonly architecture: Architecture;
  readonly layout: Layout;
  /** `[parameterCount]`, all trainable weights. Replaced, not written to, by an update. */
  parameters: tf.Tensor1D;
  /** `[statisticCount]`, moving averages. */
  statistics: tf.Tensor1D;
  #updates = 0;

  constructor(architecture: Architecture, weights: Weights) {
    this.architecture = architecture;
    this.layout = layoutOf(architecture);
    this.parameters = tf.tensor1d(weights.parameters);
    this.statistics = tf.tensor1d(weights.statistics);
  }

  #output(outputs: readonly tf.Tensor[]): TapeOutput {
    const features: Record<string, tf.Tensor> = {};
    for (const [index, { node }] of this.layout.nodes.entries()) if (node.tap) features[node.tap] = outputs[index];
    return { logits: logitsOf(outputs), features };
  }

  /**
   * Forward and backward pass of `lossOf` on `images` `[batch, height, width, channels]`.
   * `lossOf` runs on the gradient tape and gives a scalar.
   */
  step(images: tf.Tensor4D, lossOf: (output: TapeOutput) => tf.Scalar): TapeStep {
    return tf.tidy(() => {
      const parameters = splitWeights(this.parameters, allWeights(this.layout, "parameters"));
      const statistics: tf.Tensor[] = [];
      const forward = (...tensors: tf.Tensor[]): tf.Scalar => {
        const weights = byNode(this.layout, "parameters", tensors);
        const outputs = runNodes(this.layout, images, ({ op, node }, inputs, index) => {
          const { output, statistics: batch } = op.train(node, inputs, weights[index]);
          statistics.push(...batch.map((tensor) => tf.keep(tensor)));
          return output;
        });
        return lossOf(this.#output(outputs));
      };
      const { value, grads } = tf.valueAndGrads(forward)(parameters);
      const gradient = tf.concat1d(grads.map((grad) => tf.reshape(grad, [-1]) as tf.Tensor1D));
      const batchStatistics = statistics.length ? tf.concat1d(statistics as tf.Tensor1D[]) : tf.tensor1d([]);
      tf.dispose(statistics);
      return { loss: value as tf.Scalar, gradient, batchStatistics };
    });
  }

  /** Takes over `parameters` (owned from here on) and folds `batchStatistics` into the moving averages. */
  update(parameters: tf.Tensor1D, batchStatistics: tf.Tensor1D): void {
    const past = statisticsMomentum(this.#updates);
    this.#updates++;
    const statistics = tf.tidy(() =>
      tf.add(tf.mul(this.statistics, past), tf.mul(batchStatistics, 1 - past)) as tf.Tensor1D
    );
    tf.dispose([this.parameters, this.statistics]);
    this.parameters = parameters;
    this.statistics = statistics;
  }

  /** Evaluation output on `images` `[batch, height, width, channels]`; the caller disposes it. */
  evaluate(images: tf.Tensor4D): TapeOutput {
    return tf.tidy(() => {
      const split = (kind: "parameters" | "statistics") =>
        byNode(this.layout, kind, splitWeights(this[kind], allWeights(this.layout, kind)));
      const parameters = split("parameters");
      const statistics = split("statistics");
      return this.#output(
        runNodes(
          this.layout,
          images,
          ({ op, node }, inputs, index) => op.evaluate(node, inputs, parameters[index], statistics[index]),
        ),
      );
    });
  }

  /** A copy of the weights. */
  async weights(): Promise<Weights> {
    const [parameters, statistics] = await Promise.all([this.parameters.data(), this.statistics.data()]);
    return { parameters: Float32Array.from(parameters), statistics: Float32Array.from(statistics) };
  }

  dispose(): void {
    tf.dispose([this.parameters, this.statistics]);
  }
}

/** A student on the current tfjs backend, from `weights` or newly initialised from `seed`. The caller disposes it. */
export function buildTapeStudent(
  architecture: Architecture,
  options: { seed: number } | { weights: Weights },
): TapeStudent {
  const weights = "weights" in options ? options.weights : initialiseWeights(architecture, options.seed);
  return new TapeStudent(architecture, weights);
}
