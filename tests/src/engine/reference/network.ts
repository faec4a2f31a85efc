// A network straight from its Architecture, one node after another, in float64: what the engines are checked against. It
// knows nothing of their plan, and is as slow as it is plain.
import { type Layout, layoutOf, type PlacedWeight, type Weights } from "../../../../src/ops/layout.ts";
import type { Architecture } from "../../../../src/schemas/architecture.ts";
import { fakeQuantised } from "./quantise.ts";
import type { NodeResult } from "./reference_op.ts";
import { referenceOf } from "./table.ts";
import { plus, shapedLike, type Tensor, zeros, zerosLike } from "./tensor.ts";

/** Weights of the reference: as those of the project, or in float64. */
export type ReferenceWeights = Weights | { parameters: Float64Array; statistics: Float64Array };

export interface ReferenceOptions {
  weights: ReferenceWeights;
  mode: "training" | "inference";
  /** Nodes that are trained; default: all. A frozen node is run as in inference. */
  trainable?: (nodeIndex: number) => boolean;
  weightBits?: number;
  /** Whether dropout keeps an element of a node, or stochastic depth an image's branch. Default: all are kept. */
  kept?: (nodeIndex: number, index: number) => boolean;
}

export interface ReferenceRun {
  /** Values of a port, as engines name them: `logits`, a tap, or `tap:before`. */
  read(port: string): Tensor;
  /** `[statisticCount]`, mean and variance of the batch; those of the moving averages where frozen. */
  batchStatistics: Float64Array;
  /** The smallest distance of a decision (activation, largest of a window, rounding) from going the other way. */
  margin: number;
  /** Gradients for those of some ports. */
  backward(ports: Record<string, ArrayLike<number>>): { parameters: Float64Array; images: Tensor };
}

function takeWeights(places: readonly PlacedWeight[], flat: ArrayLike<number>): Float64Array[] {
  return places.map(({ offset, size }) => Float64Array.from({ length: size }, (_, index) => flat[offset + index]));
}

/** Runs `architecture` forward on `images` `[batch, height, width, channels]`, flat. */
export function runReference(
  architecture: Architecture,
  images: ArrayLike<number>,
  { weights, mode, trainable = () => true, weightBits, kept = () => true }: ReferenceOptions,
): ReferenceRun {
  const layout: Layout = layoutOf(architecture);
  const { height, width, channels } = architecture.input;
  const batch = images.length / (height * width * channels);
  const input = shapedLike(zeros(batch, height, width, channels), images);
  const isTrained = (index: number) => mode === "training" && trainable(index);
  const batchStatistics = Float64Array.from(weights.statistics);
  let smallest = Infinity;
  // An exact tie, as of sums of zeros after relu, is one in float32 too.
  const margin = (distance: number) => {
    if (distance !== 0) smallest = Math.min(smallest, distance);
  };

  const results: NodeResult[] = [];
  const outputOf = (index: number) => (index < 0 ? input : results[index].output);
  for (const [index, { node, parameters: places, statistics }] of layout.nodes.entries()) {
    const parameters = takeWeights(places, weights.parameters).map((values, place) =>
      weightBits !== undefined && /kernel$/i.test(places[place].name)
        ? fakeQuantised(values, weightBits, margin)
        : values
    );
    const result = referenceOf(node)(node, node.inputs.map(outputOf), {
      parameters,
      statistics: takeWeights(statistics, weights.statistics),
      training: isTrained(index),
      kept: (element) => kept(index, element),
      margin,
    });
    results.push(result);
    if (!isTrained(index)) continue;
    for (const [place, values] of result.batchStatistics.entries()) {
      batchStatistics.set(values, statistics[place].offset);
    }
  }

  const portOf = (port: string) => {
    if (port === "logits") return { index: results.length - 1, before: false };
    const [tap, suffix] = port.split(":");
    const index = architecture.nodes.findIndex((node) => node.tap === tap);
    if (index < 0) throw new RangeError(`no port ${port}`);
    return { index, before: suffix === "before" };
  };

  return {
    batchStatistics,
    get margin() {
      return smallest;
    },
    read(port) {
      const { index, before } = portOf(port);
      return before ? results[index].before : results[index].output;
    },
    backward(ports) {
      const after = results.map(({ output }) => zerosLike(output));
      const before = results.map(({ output }) => zerosLike(output));
      let imageGradient = zerosLike(input);
      for (const [port, values] of Object.entries(ports)) {
        const place = portOf(port);
        const gradients = place.before ? before : after;
        gradients[place.index] = plus(gradients[place.index], shapedLike(gradients[place.index], values));
      }
      const parameters = new Float64Array(layout.parameterCount);
      for (const [index, { node, parameters: places }] of [...layout.nodes.entries()].reverse()) {
        const gradients = results[index].backward(after[index], before[index]);
        for (const [place, source] of node.inputs.entries()) {
          if (source < 0) imageGradient = plus(imageGradient, gradients.inputs[place]);
          else after[source] = plus(after[source], gradients.inputs[place]);
        }
        if (!isTrained(index)) continue;
        for (const [place, values] of gradients.parameters.entries()) parameters.set(values, places[place].offset);
      }
      return { parameters, images: imageGradient };
    },
  };
}
