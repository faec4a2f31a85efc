import * as z from "zod";
import { decodeFloat64, encodeFloat64 } from "./float64_text.ts";

/** What {@linkcode Adam} remembers between steps, JSON-able. */
export const adamStateSchema = z.strictObject({ step: z.int().min(0), mean: z.string(), meanSquare: z.string() });

export type AdamState = z.infer<typeof adamStateSchema>;

const MEAN_DECAY = 0.9;
const MEAN_SQUARE_DECAY = 0.999;
const EPSILON = 1e-8;

/** The optimizer Adam (Kingma and Ba, arXiv 1412.6980, algorithm 1) with its usual constants. */
export class Adam {
  #step = 0;
  #mean: Float64Array;
  #meanSquare: Float64Array;
  readonly #learningRate: number;

  constructor(size: number, learningRate: number) {
    this.#mean = new Float64Array(size);
    this.#meanSquare = new Float64Array(size);
    this.#learningRate = learningRate;
  }

  /** Moves `parameters`, in place, against `gradient`. */
  update(parameters: Float64Array, gradient: Float64Array): void {
    this.#step++;
    const meanScale = 1 / (1 - MEAN_DECAY ** this.#step);
    const meanSquareScale = 1 / (1 - MEAN_SQUARE_DECAY ** this.#step);
    for (let i = 0; i < parameters.length; i++) {
      this.#mean[i] = MEAN_DECAY * this.#mean[i] + (1 - MEAN_DECAY) * gradient[i];
      this.#meanSquare[i] = MEAN_SQUARE_DECAY * this.#meanSquare[i] + (1 - MEAN_SQUARE_DECAY) * gradient[i] ** 2;
      const deviation = Math.sqrt(this.#meanSquare[i] * meanSquareScale) + EPSILON;
      parameters[i] -= this.#learningRate * this.#mean[i] * meanScale / deviation;
    }
  }

  snapshot(): AdamState {
    return { step: this.#step, mean: encodeFloat64(this.#mean), meanSquare: encodeFloat64(this.#meanSquare) };
  }

  /** Continues from a `snapshot` of the same number of parameters; RangeError otherwise. */
  restore(state: AdamState): void {
    this.#mean = decodeFloat64(state.mean, this.#mean.length);
    this.#meanSquare = decodeFloat64(state.meanSquare, this.#meanSquare.length);
    this.#step = state.step;
  }
}
