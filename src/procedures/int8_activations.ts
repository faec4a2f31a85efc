// Activations in 8 bits, simulated: every node's output is rounded within the range that calibration images gave it.
import { setImmediate } from "node:timers/promises";
import * as tf from "@tensorflow/tfjs";
import { BatchReader } from "../data/batch_reader.ts";
import type { Weights } from "../engine/network.ts";
import { allWeights, byNode, logitsOf, runNodes, splitWeights } from "../models/network.ts";
import { type Layout, layoutOf } from "../ops/layout.ts";
import { type AffineRange, affineRange } from "../quantisation/affine.ts";
import type { Architecture } from "../schemas/architecture.ts";
import { disposeAfter } from "../training/dispose_after.ts";
import type { ProcedureContext } from "./procedure.ts";

const batchSize = 100;

/** Outputs of all nodes as deployed, each handed through `after`. The caller tidies. */
function run(
  layout: Layout,
  weights: Weights,
  images: tf.Tensor,
  after: (output: tf.Tensor, index: number) => tf.Tensor,
): tf.Tensor[] {
  const tensorsOf = (kind: "parameters" | "statistics") =>
    byNode(layout, kind, splitWeights(tf.tensor1d(weights[kind]), allWeights(layout, kind)));
  const parameters = tensorsOf("parameters");
  const statistics = tensorsOf("statistics");
  return runNodes(layout, images, ({ node, op }, inputs, index) => {
    const folded = op.fold(node, parameters[index], statistics[index]);
    return after(op.deployed(node, inputs, folded), index);
  });
}

/** What the images are taken from, and what stops the reading. */
type Source = Pick<ProcedureContext, "data" | "signal">;

/** What `compute` gives for each batch, in plain numbers, which a GPU hands out when it has them. */
async function* overBatches(
  { data, signal }: Source,
  indices: Uint32Array,
  compute: (images: tf.Tensor4D) => tf.Tensor,
): AsyncGenerator<{ values: ArrayLike<number>; labels: Int32Array }> {
  const { height, width, channels, train } = data.dataset;
  const reader = new BatchReader(data, batchSize);
  for (let start = 0; start < indices.length; start += batchSize) {
    const { images, labels } = reader.read(train, indices.subarray(start, start + batchSize));
    const result = tf.tidy(() => compute(tf.tensor4d(images, [labels.length, height, width, channels])));
    yield { labels, values: await disposeAfter(result, () => result.data()) };
    await setImmediate();
    signal?.throwIfAborted();
  }
}

/**
 * The range of each node's output over the first `count` training images, which widens to hold 0. tfjs must be started.
 * Rejects with the signal's reason where aborted.
 */
export async function calibrate(
  architecture: Architecture,
  weights: Weights,
  source: Source,
  count: number,
): Promise<AffineRange[]> {
  const layout = layoutOf(architecture);
  const least = new Float64Array(layout.nodes.length).fill(Infinity);
  const most = new Float64Array(layout.nodes.length).fill(-Infinity);
  const ends = (images: tf.Tensor) => {
    const outputs = run(layout, weights, images, (output) => output);
    return tf.stack(outputs.flatMap((output) => [tf.min(output), tf.max(output)]));
  };
  for await (const { values } of overBatches(source, source.data.train.subarray(0, count), ends)) {
    for (let node = 0; node < least.length; node++) {
      least[node] = Math.min(least[node], values[2 * node]);
      most[node] = Math.max(most[node], values[2 * node + 1]);
    }
  }
  return Array.from(least, (low, index) => affineRange(low, most[index]));
}

/** `values` rounded to the levels of `range`. The caller tidies. */
export function roundTensor(values: tf.Tensor, { step, zero }: AffineRange): tf.Tensor {
  const levels = tf.clipByValue(tf.add(tf.round(tf.div(values, step)), zero), 0, 255);
  return tf.mul(tf.sub(levels, zero), step);
}

/** Share of the validation images that the network classifies rightly with its activations in 8 bits; logits stay. Rejects as {@linkcode calibrate}. */
export async function simulatedAccuracy(
  architecture: Architecture,
  weights: Weights,
  source: Source,
  ranges: readonly AffineRange[],
): Promise<number> {
  const layout = layoutOf(architecture);
  const { validation } = source.data;
  const last = layout.nodes.length - 1;
  const rounded = (output: tf.Tensor, index: number) => index === last ? output : roundTensor(output, ranges[index]);
  const classesOf = (images: tf.Tensor) => tf.argMax(logitsOf(run(layout, weights, images, rounded)), -1);
  let right = 0;
  for await (const { values, labels } of overBatches(source, validation, classesOf)) {
    for (const [row, label] of labels.entries()) if (values[row] === label) right++;
  }
  return right / validation.length;
}
