// Training of the points that weights are quantised to, the weights themselves left as they are: "differentiable
// quantization" of Polino, Pascanu & Alistarh 2018 (1802.05668), section 3.2.
import type { Network } from "../../engine/network.ts";
import { kernelValues, type KernelWeight } from "../../quantisation/kernels.ts";
import {
  assignPoints,
  bitsByGradient,
  gatherPoints,
  pointGradient,
  quantilePoints,
  scaleTensor,
} from "../../quantisation/points.ts";
import type { QuantisedTensor } from "../../quantisation/size.ts";
import type { ParameterRule } from "../parameter_rule.ts";
import { Adam } from "./adam.ts";
import { requireFinite } from "./require_finite.ts";

export interface LearnedPointsOptions {
  kernels: readonly KernelWeight[];
  /** Of a tensor's points, 2 ^ bits; with `byGradient` on average over the values. */
  bits: number;
  bucketSize: number;
  /** Whether tensors get bits in proportion to the norm of their first gradient. */
  byGradient: boolean;
  /** What the schedule's learning rate is multiplied with for the points. */
  rateFactor: number;
}

export interface LearnedPointsRule extends ParameterRule {
  /** The kernels as they are quantised now. */
  tensors(): QuantisedTensor[];
}

/** One tensor with its points. */
class PointTensor {
  readonly #kernel: KernelWeight;
  readonly #tensor: ReturnType<typeof scaleTensor>;
  readonly #bucketSize: number;
  #adam = new Adam(0);
  #points: Float32Array = new Float32Array(0);
  #assigned: Uint16Array = new Uint16Array(0);
  #bits = 0;

  constructor(kernel: KernelWeight, values: Float32Array, { bits, bucketSize }: { bits: number; bucketSize: number }) {
    this.#kernel = kernel;
    this.#tensor = scaleTensor(values, bucketSize);
    this.#bucketSize = bucketSize;
    this.setBits(bits);
  }

  /** Starts anew with `bits`. */
  setBits(bits: number): void {
    this.#bits = bits;
    this.#points = quantilePoints(this.#tensor, 2 ** bits);
    this.#assigned = assignPoints(this.#tensor, this.#points);
    this.#adam = new Adam(2 ** bits);
  }

  update(gradient: Float32Array, learningRate: number, step: number): void {
    const own = kernelValues(gradient, this.#kernel);
    this.#adam.update(
      this.#points,
      pointGradient(this.#tensor, this.#assigned, own, this.#points.length),
      learningRate,
    );
    requireFinite(this.#points, { what: "a point of quantisation", step });
    this.#sort();
    this.#assigned = assignPoints(this.#tensor, this.#points);
  }

  /** Points that have crossed change places, with what Adam knows of them. */
  #sort(): void {
    const points = this.#points;
    const order = [...points.keys()].sort((a, b) => points[a] - points[b]);
    this.#points = Float32Array.from(order, (place) => points[place]);
    this.#adam.reorder(order);
  }

  write(parameters: Float32Array): void {
    gatherPoints(this.#tensor, this.#points, this.#assigned, kernelValues(parameters, this.#kernel));
  }

  quantised(): QuantisedTensor {
    const buckets = Math.ceil(this.#kernel.size / this.#bucketSize);
    return { levels: this.#assigned, bits: this.#bits, extraNumbers: 2 * buckets + this.#points.length };
  }
}

/**
 * The rule of a network, whose kernels are quantised at once. Other weights stay; batch norm's averages follow. Its
 * update rejects with a DivergedError where a point is not finite.
 */
export async function learnedPointsRule(network: Network, options: LearnedPointsOptions): Promise<LearnedPointsRule> {
  const { kernels, rateFactor } = options;
  const { parameters } = await network.readWeights();
  const tensors = kernels.map((kernel) => new PointTensor(kernel, kernelValues(parameters, kernel), options));
  const write = () => {
    for (const tensor of tensors) tensor.write(parameters);
    network.writeParameters(parameters);
  };
  write();
  let assignBits = options.byGradient;
  let step = 0;
  return {
    async update(learningRate) {
      const gradient = await network.readGradient();
      network.update(0);
      step++;
      if (assignBits) {
        assignBits = false;
        const norms = kernels.map((kernel) => ({
          size: kernel.size,
          gradientNorm: Math.sqrt(kernelValues(gradient, kernel).reduce((sum, slope) => sum + slope * slope, 0)),
        }));
        // The gradient is that of other points than the new ones: the first step is theirs to make next time.
        for (const [index, bits] of bitsByGradient(norms, options.bits).entries()) tensors[index].setBits(bits);
      } else {
        for (const tensor of tensors) tensor.update(gradient, learningRate * rateFactor, step);
      }
      write();
    },
    tensors: () => tensors.map((tensor) => tensor.quantised()),
  };
}
