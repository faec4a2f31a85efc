import * as z from "zod";
import { encodeFloat64, float64Schema } from "./float64_text.ts";

/** What {@linkcode Adam} of so many parameters remembers between steps; JSON-able before it is parsed. */
export function adamStateSchema(size: number) {
  return z.strictObject({ step: z.int().min(0), mean: float64Schema(size), meanSquare: float64Schema(size) });
}

type AdamStateSchema = ReturnType<typeof adamStateSchema>;

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

  snapshot(): z.input<AdamStateSchema> {
    return { step: this.#step, mean: encodeFloat64(this.#mean), meanSquare: encodeFloat64(this.#meanSquare) };
  }

  /** Continues from a parsed `snapshot` of the same number of parameters, whose arrays are its own from now on. */
  restore({ step, mean, meanSquare }: z.output<AdamStateSchema>): void {
    this.#mean = mean;
    this.#meanSquare = meanSquare;
    this.#step = step;
  }
}
