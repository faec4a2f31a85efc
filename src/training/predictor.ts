// A network that only predicts: evaluation as trained, batch norm by its moving averages.
import type { Engine, Network, Weights } from "../engine/network.ts";
import type { Architecture } from "../schemas/architecture.ts";

/** Gives logits of batches of up to `batchSize` images. Owns its network: call {@linkcode Predictor.dispose}. */
export class Predictor {
  readonly #network: Network;
  /** A whole batch, since a network runs no less. */
  readonly #images: Float32Array;
  readonly #imageSize: number;
  readonly batchSize: number;
  readonly classes: number;

  constructor(network: Network) {
    this.#network = network;
    const { architecture: { input, classes }, batchSize } = network.plan;
    this.batchSize = batchSize;
    this.classes = classes;
    this.#imageSize = input.height * input.width * input.channels;
    this.#images = new Float32Array(batchSize * this.#imageSize);
  }

  /** Logits `[count, classes]` of `images` `[count, height, width, channels]`. RangeError on more than fit the batch. */
  async predict(images: Float32Array): Promise<Float32Array> {
    const count = images.length / this.#imageSize;
    if (!(Number.isInteger(count) && count <= this.batchSize)) {
      throw new RangeError(
        `predict takes up to ${this.batchSize} images of ${this.#imageSize} values, got ${images.length}`,
      );
    }
    this.#images.set(images);
    this.#network.forward(this.#images);
    return (await this.#network.read("logits")).subarray(0, count * this.classes);
  }

  dispose(): void {
    this.#network.dispose();
  }
}

// Of 64x64 pixels; fewer of larger images, so that predicting takes no more memory than training did.
const mostImages = 250;

/**
 * A network with `weights` for prediction on `engine`. The caller disposes it. `batchSize`: 250, or fewer of images larger
 * than 64x64.
 */
export async function buildPredictor(
  architecture: Architecture,
  options: { engine: Engine; weights: Weights; batchSize?: number; weightBits?: number },
): Promise<Predictor> {
  const { height, width } = architecture.input;
  const fitting = Math.max(1, Math.min(mostImages, Math.floor(mostImages * 64 * 64 / (height * width))));
  const { engine, weights, batchSize = fitting, weightBits } = options;
  return new Predictor(await engine.compile(architecture, { mode: "inference", batchSize, weights, weightBits }));
}
