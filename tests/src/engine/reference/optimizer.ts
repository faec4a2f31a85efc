// The optimizers as their sources write them, one parameter at a time.
import type { OptimizerOptions } from "../../../../src/engine/optimizer.ts";

/** Keeps the state of one optimizer over `parameters`, which it changes in place. */
export class ReferenceOptimizer {
  readonly parameters: Float64Array;
  /** The exponential moving average, from the first parameters on. */
  readonly average: Float64Array;
  readonly #options: OptimizerOptions;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  #steps = 0;

  constructor(parameters: ArrayLike<number>, options: OptimizerOptions) {
    this.parameters = Float64Array.from(parameters);
    this.average = this.parameters.slice();
    this.#options = options;
    this.#first = new Float64Array(parameters.length);
    this.#second = new Float64Array(parameters.length);
  }

  /** One step. `trained`: whether a parameter belongs to a trained node; others stay as they are. */
  step(gradient: ArrayLike<number>, learningRate: number, trained: (index: number) => boolean = () => true): void {
    const options = this.#options;
    const { weightDecay = 0, average } = options;
    this.#steps++;
    for (const index of this.parameters.keys()) {
      if (!trained(index)) continue;
      this.parameters[index] -= learningRate * weightDecay * this.parameters[index];
      this.parameters[index] -= this.#change(index, gradient[index], learningRate);
      if (average) this.average[index] = average * this.average[index] + (1 - average) * this.parameters[index];
    }
  }

  #change(index: number, gradient: number, learningRate: number): number {
    const options = this.#options;
    switch (options.name) {
      case "adam": {
        // Kingma & Ba 2015, 1412.6980, algorithm 1.
        const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = options;
        const m = this.#first[index] = beta1 * this.#first[index] + (1 - beta1) * gradient;
        const v = this.#second[index] = beta2 * this.#second[index] + (1 - beta2) * gradient ** 2;
        const mHat = m / (1 - beta1 ** this.#steps);
        const vHat = v / (1 - beta2 ** this.#steps);
        return learningRate * mHat / (Math.sqrt(vHat) + epsilon);
      }
      case "sgd": {
        // As PyTorch's torch.optim.SGD.
        const { momentum = 0.9, nesterov = true } = options;
        const velocity = this.#first[index] = momentum * this.#first[index] + gradient;
        return learningRate * (nesterov ? gradient + momentum * velocity : velocity);
      }
      case "rmsProp": {
        // As TensorFlow's ApplyRMSProp: epsilon under the root, the learning rate inside the velocity.
        const { decay = 0.9, momentum = 0, epsilon = 1e-3 } = options;
        const square = this.#second[index] = decay * this.#second[index] + (1 - decay) * gradient ** 2;
        const step = learningRate * gradient / Math.sqrt(square + epsilon);
        return this.#first[index] = momentum * this.#first[index] + step;
      }
      default:
        return options satisfies never;
    }
  }
}
